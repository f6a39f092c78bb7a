"""Every command tells how it is used, and none waits for what another one needs."""

import re
import subprocess
import sys

import pytest
from editor import lumbar, of

from lumbar.cli import app
from lumbar.settings import ROOT

COMMANDS = [
    *("run", "shell", "chat", "inbox", "teach", "undo", "check", "train", "models", "rollback"),
    *("diff", "report", "evaluate", "import", "purge", "migrate"),
]
HEAVY = ("tensorflow", "rasa", "spacy", "onnxruntime", "sklearn", "matplotlib")


def test_these_are_the_commands():
    named = [one.name or one.callback.__name__ for one in app.registered_commands]
    assert sorted(named) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    callback = next(
        one.callback
        for one in app.registered_commands
        if (one.name or one.callback.__name__) == command
    )
    assert re.search(rf"Example: lumbar {command}\b", callback.__doc__)


def test_lumbar_alone_lists_the_commands(project):
    told = lumbar(project, "--help").stdout
    for command in COMMANDS:
        assert command in told


@pytest.mark.parametrize(
    "arguments", [["--help"], ["models"], ["undo"], ["rollback"], ["inbox", "1"]]
)
def test_what_needs_no_model_loads_none(project, arguments):
    script = (
        "import sys; from lumbar.cli import main\n"
        f"sys.argv = ['lumbar', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('loaded', *[one for one in {HEAVY!r} if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=of(project), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded"


def test_the_pages_show_every_command():
    pages = ("studio.md", "production.md")
    page = "".join((ROOT / "docs" / one).read_text(encoding="utf-8") for one in pages)
    for command in COMMANDS:
        assert f"lumbar {command}" in page, command
    named = set(re.findall(r"`lumbar ([a-z]+)", page))
    assert named <= set(COMMANDS)
