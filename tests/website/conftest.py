"""The website as a visitor meets it: a real server, and a real browser where there is one."""

import re
import shutil

import pytest
from chat import Chat
from playwright.sync_api import sync_playwright
from visitor import OTHER_WEBSITE, Visitor

from lumbar.serving import free_port, website

QUIETLY = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-features=LocalNetworkAccessChecks",
]
"""Chromium as root in a container, without calling home, and with a website of another
address than its server's."""


@pytest.fixture(scope="session")
def server():
    """The address and the process of a server that limits no rates.

    Whatever the tests sent it, its log must hold no error at the end.
    """
    names = ("SESSION_RATE", "ADDRESS_RATE", "ADDRESS_AT_ONCE")
    limits = {f"LUMBAR_{name}": "100000" for name in names}
    with website(free_port(), LUMBAR_ORIGINS=OTHER_WEBSITE, **limits) as running:
        yield running
    log = running[1].log.read_text(encoding="utf-8")
    assert not re.search('Traceback|"level": "(warning|error|critical)"|not consumed', log), log


@pytest.fixture(scope="session")
def address(server) -> str:
    return server[0]


@pytest.fixture
def visitor(address) -> Visitor:
    """A visitor at the start of a conversation."""
    return Visitor(address).begin()


# For one module only: while Playwright is there, no test can run an event loop.
@pytest.fixture(scope="module")
def chromium():
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium on the PATH: on Debian, apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIETLY)


@pytest.fixture
def context(chromium, address):
    """A browser window; at the end it must have met no error and left this machine never."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    complaints, strangers = [], []
    own = (address, OTHER_WEBSITE)
    context.on("console", lambda one: one.type == "error" and complaints.append(one.text))
    context.on("weberror", lambda one: complaints.append(str(one.error)))
    context.on("request", lambda one: one.url.startswith(own) or strangers.append(one.url))
    yield context
    context.close()
    assert not [one for one in complaints if "Failed to load resource" not in one], complaints
    assert not strangers


@pytest.fixture
def page(context, address):
    """The clinic's page with the chat still closed."""
    page = context.new_page()
    page.goto(address)
    return page


@pytest.fixture
def chat(page) -> Chat:
    """The clinic's page with the chat open."""
    return Chat(page).open()
