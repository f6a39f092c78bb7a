"""The website as a visitor meets it: a real server, and a real browser where there is one."""

import re

import pytest
from visitor import Visitor

from lumbar.serving import free_port, website
from lumbar.settings import settings

OTHER_WEBSITE = "https://clinic.example"


@pytest.fixture(scope="session")
def server():
    """The address and the process of a server that limits no rates.

    Whatever the tests sent it, its log must hold no error at the end.
    """
    limits = {"LUMBAR_SESSION_RATE": "100000", "LUMBAR_ADDRESS_RATE": "100000"}
    with website(free_port(), LUMBAR_ORIGINS=OTHER_WEBSITE, **limits) as running:
        yield running
    log = (settings.build / "assistant.log").read_text(encoding="utf-8")
    assert not re.search("Traceback|ERROR|WARNING|not consumed", log), log


@pytest.fixture(scope="session")
def address(server) -> str:
    return server[0]


@pytest.fixture
def visitor(address) -> Visitor:
    """A visitor at the start of a conversation."""
    return Visitor(address).begin()
