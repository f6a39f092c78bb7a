"""The project as an editor has it, in a folder of its own."""

import shutil

import pytest
from editor import copy_project

from lumbar.settings import settings

SERVED = settings.served


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the whole project, which the studio's functions work on."""
    folder = copy_project(tmp_path / "project")
    monkeypatch.setattr(settings, "project", folder)
    monkeypatch.setattr(settings, "content", folder / "content")
    monkeypatch.setattr(settings, "models", folder / "models")
    monkeypatch.setattr(settings, "served", folder / "models" / "served")
    monkeypatch.setattr(settings, "state", folder / "state")
    monkeypatch.setattr(settings, "database", f"sqlite:///{folder / 'state' / 'conversations.db'}")
    return folder


@pytest.fixture
def served_project(project):
    """The whole project with a model of its own files in service."""
    model = SERVED.resolve()
    assert (model / "record.json").is_file(), "run `make train` first"
    (project / "models" / "versions").mkdir(parents=True)
    shutil.copytree(model, project / "models" / "versions" / model.name)
    (project / "models" / "served").symlink_to(f"versions/{model.name}")
    return project
