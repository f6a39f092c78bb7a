"""The project as an editor has it, in a folder of its own."""

import re
import shutil

import pytest
from editor import PROJECT

from lumbar.settings import ROOT, settings

TESTS = ("stories", "nlu")
SMALL = 12
"""Examples of each intent in a small project."""
SPARSE = 25
"""Of the held-out questions, a small project keeps one in so many."""
SERVED = settings.served


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the whole project, which the studio's functions work on."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in PROJECT:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for name in TESTS:
        shutil.copytree(ROOT / "tests" / name, folder / "tests" / name)
    monkeypatch.setattr(settings, "project", folder)
    monkeypatch.setattr(settings, "content", folder / "content")
    monkeypatch.setattr(settings, "models", folder / "models")
    monkeypatch.setattr(settings, "served", folder / "models" / "served")
    monkeypatch.setattr(settings, "state", folder / "state")
    monkeypatch.setattr(settings, "database", f"sqlite:///{folder / 'state' / 'conversations.db'}")
    return folder


@pytest.fixture
def small_project(project):
    """The same with the first few examples of each intent: it trains in a
    quarter of a minute."""
    many = re.compile(rf"((?:^      - .*\n){{{SMALL}}})(?:^      - .*\n)+", re.MULTILINE)
    for path in (project / "data").glob("nlu*.yml"):
        path.write_text(many.sub(r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in (project / "tests" / "nlu").glob("*.tsv"):
        head, *questions = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([head, *questions[::SPARSE], ""]), encoding="utf-8")
    return project


@pytest.fixture
def served_project(project):
    """The whole project with a model of its own files in service."""
    model = SERVED.resolve()
    assert (model / "record.json").is_file(), "run `make train` first"
    (project / "models" / "versions").mkdir(parents=True)
    shutil.copytree(model, project / "models" / "versions" / model.name)
    (project / "models" / "served").symlink_to(f"versions/{model.name}")
    return project
