"""An editor at a terminal, and what an editor has."""

import re
import shutil
import subprocess
import sys

from lumbar.serving import environment
from lumbar.settings import ROOT, settings

PROJECT = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "data", "content")
TESTS = ("stories", "nlu")
SMALL = 12
"""Examples of each intent in a small project."""
SPARSE = 25
"""Of the held-out questions, a small project keeps one in so many."""


def copy_project(folder):
    """Copy what an editor has into a new `folder`, and return it."""
    folder.mkdir()
    for name in PROJECT:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for name in TESTS:
        shutil.copytree(ROOT / "tests" / name, folder / "tests" / name)
    return folder


def small_project(folder):
    """The same with the first few examples of each intent: it trains in seconds."""
    copy_project(folder)
    many = re.compile(rf"((?:^      - .*\n){{{SMALL}}})(?:^      - .*\n)+", re.MULTILINE)
    for path in (folder / "data").glob("nlu*.yml"):
        path.write_text(many.sub(r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in (folder / "tests" / "nlu").glob("*.tsv"):
        head, *questions = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([head, *questions[::SPARSE], ""]), encoding="utf-8")
    return folder


def lumbar(project, *arguments, stdin="", **environment_too):
    """Run the command in `project`, as somebody at a terminal without one does."""
    return subprocess.run(
        [sys.executable, "-m", "lumbar.cli", *arguments],
        env={**of(project), **environment_too},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def of(project):
    """Return the environment of a command that works in `project`."""
    return {
        **{name: value for name, value in environment().items() if not name.startswith("LUMBAR_")},
        "LUMBAR_PROJECT": str(project),
        "LUMBAR_BUILD": str(settings.build),
    }


def snapshot(folder):
    """Return the bytes of every file an editor has, but for what a change lays beside them."""
    names = (*PROJECT, "tests")
    files = [path for name in names for path in [folder / name, *(folder / name).rglob("*")]]
    return {
        path.relative_to(folder): path.read_bytes()
        for path in files
        if path.is_file() and path.suffix != ".new"
    }
