"""What a developer or an operator relies on: commands, lock file, checks, training."""

import re
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from urllib.request import urlopen

import pytest
from test_answers import KEYS

from lumbar.serving import HOST, action_server, environment
from lumbar.settings import ROOT


def run(*command, cwd=ROOT, env=None):
    return subprocess.run(
        command, cwd=cwd, env=env or environment(), capture_output=True, text=True, check=False
    )


def test_ruff_is_content():
    for arguments in (("check",), ("format", "--check")):
        check = run(sys.executable, "-m", "ruff", *arguments, ".")
        assert check.returncode == 0, check.stdout


def test_mypy_is_content():
    check = run(sys.executable, "-m", "mypy")
    assert check.returncode == 0, check.stdout


def test_make_help_lists_every_command():
    listed = {
        line.split()[0] for line in run("make", "--no-print-directory", "help").stdout.splitlines()
    }
    assert listed == {
        *(
            "run",
            "shell",
            "train",
            "test",
            "evaluate",
            "benchmark",
            "load",
            "soak",
            "install",
            "lock",
            "sbom",
        ),
        "help",
    }


def test_the_readme_names_only_commands_that_exist():
    targets = {
        line.split()[0] for line in run("make", "--no-print-directory", "help").stdout.splitlines()
    }
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        named = set(re.findall(r"\bmake ([a-z-]+)\b", page.read_text(encoding="utf-8")))
        assert named <= targets, f"{page.name}: {named - targets}"


def test_links_between_the_pages_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_answers_in_the_readme_are_what_the_assistant_says(assistant):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    conversation = re.search(r"```text\n(you> .*?)```", text, re.DOTALL).group(1)
    turns = re.findall(r"you> (.*?)\n(.*?)(?=you> |\Z)", conversation, re.DOTALL)
    assert len(turns) >= 3
    for said, answer in turns:
        told = " ".join(assistant.say(said).text.split())
        assert " ".join(answer.split()) == told, said


def test_docs_tell_of_every_intent_and_key(examples):
    text = (ROOT / "docs" / "intents.md").read_text(encoding="utf-8")
    # What an editor teaches is told in content/phrases.yml.
    for name in (*KEYS, *(label for label in examples if not label.startswith("faq/"))):
        assert f"`{name}`" in text, name


def test_the_lock_file_is_hashed_and_names_no_host():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE)
    assert lock.count("--hash=sha256:") >= len(packages)
    assert "://" not in lock
    for package in ("torch", "tensorflow", "sentence-transformers", "jax"):
        assert package not in packages
    assert "skops" in packages


def test_rasa_reports_nothing_to_anyone():
    check = run(
        sys.executable,
        "-c",
        "import os; print(os.environ['RASA_TELEMETRY_ENABLED'])",
        env={"PATH": "/usr/bin:/bin"},
    )
    assert check.stdout.strip() == "false"


def test_the_action_server_listens_on_this_machine_only_and_stops():
    with action_server() as endpoints:
        port = int(re.search(r":(\d+)/webhook", endpoints.read_text()).group(1))
        with urlopen(f"http://{HOST}:{port}/health") as response:
            assert response.status == 200
        address = next(
            (
                entry[4][0]
                for entry in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)
                if not entry[4][0].startswith("127.")
            ),
            None,
        )
        if address:
            with closing(socket.socket()) as probe:
                assert probe.connect_ex((address, port)) != 0
    with closing(socket.socket()) as probe:
        assert probe.connect_ex((HOST, port)) != 0


@pytest.fixture
def copied_project(tmp_path):
    """The project as a person who edits it would have it, without what is built."""
    for name in ("config.yml", "domain.yml", "data", "content", "lumbar", "actions"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lumbar.tar.gz").write_bytes(b"the served model")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "content/facts.yml",
            "  - id: mild_kind",
            "  - id: mild_kind: [",
            r"facts\.yml:\d+: this is no",
        ),
        ("content/clinic.yml", "name:", "nmae:", r"clinic\.yml:\d+: .*"),
        ("data/rules.yml", "    steps:", "    steps: [", r"rules\.yml"),
        ("data/nlu.yml", "  - intent: faq/duration", "  - intent: faq/duration: [", r"nlu\.yml"),
        ("domain.yml", "responses:", "responses: [", r"domain\.yml"),
    ],
)
def test_a_broken_file_stops_training_and_the_served_model_stays(
    copied_project, name, old, new, told
):
    path = copied_project / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    env = {**environment(), "PYTHONPATH": str(copied_project)}
    check = run(sys.executable, "-m", "lumbar.cli", "train", cwd=copied_project, env=env)
    assert check.returncode != 0
    output = check.stdout + check.stderr
    assert re.search(told, output), output[-1500:]
    assert "Traceback" not in output, output[-3000:]
    assert (copied_project / "models" / "lumbar.tar.gz").read_bytes() == b"the served model"
