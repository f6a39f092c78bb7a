"""An editor at a terminal, and what an editor has."""

import subprocess
import sys

from lumbar.serving import environment
from lumbar.settings import settings

PROJECT = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "data", "content")


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
