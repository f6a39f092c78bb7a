"""What tests share: the trained assistant, its action server and the spaCy pipeline."""

import atexit
import os
import shutil
from tempfile import mkdtemp

# What tests say to the assistant is no patient's question.
os.environ["LUMBAR_STATE"] = mkdtemp(prefix="lumbar-")

from lumbar.serving import environment

os.environ.update(environment())

import pytest
import yaml
from assistant import MODEL, Assistant

from lumbar.examples import by_label, read_examples
from lumbar.language import pipeline
from lumbar.serving import action_server
from lumbar.settings import ROOT

atexit.register(shutil.rmtree, os.environ["LUMBAR_STATE"], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leave what shares servers to one of several test processes, before these are told apart."""
    for item in items:
        folder = item.path.parent.name
        group = folder if folder in ("production", "website") else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def nlp():
    return pipeline.load()


@pytest.fixture(scope="session")
def domain():
    return yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def examples() -> dict[str, list[str]]:
    """The training examples by intent or FAQ key."""
    return by_label(read_examples())


@pytest.fixture(scope="session")
def talking_assistant():
    if not MODEL.is_file():
        pytest.fail(f"{MODEL} is missing: run `make train` first")
    with action_server() as endpoints:
        yield Assistant(str(endpoints))


@pytest.fixture
def assistant(talking_assistant) -> Assistant:
    """The assistant at the start of a new conversation."""
    return talking_assistant.start()


@pytest.fixture(scope="session")
def deserted_assistant(tmp_path_factory) -> Assistant:
    """The assistant while nothing listens where its action server should be."""
    endpoints = tmp_path_factory.mktemp("deserted") / "endpoints.yml"
    endpoints.write_text("action_endpoint:\n  url: http://127.0.0.1:9/webhook\n")
    return Assistant(str(endpoints))
