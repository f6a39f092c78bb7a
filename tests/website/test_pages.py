"""What a clinic's webmaster counts on: sizes, pages and settings."""

import gzip
import re

import pytest
import requests

from lumbar.channel.pages import WIDGET
from lumbar.settings import ROOT, Settings

DOCS = "".join(
    (ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("website.md", "production.md")
)
WIDGET_BYTES = 6_000
DEMO_BYTES = 60_000


def sent(address, path):
    """Return how many bytes go over the wire."""
    reply = requests.get(
        f"{address}/{path}", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=30
    )
    assert reply.headers["Content-Encoding"] == "gzip"
    return len(reply.raw.read(decode_content=False))


def test_the_widget_is_at_most_6_kb_and_the_page_60(address):
    files = [f"demo/{file.name}" for file in (WIDGET / "demo").iterdir()]
    widget = sent(address, "lumbar-chat.js")
    assert widget <= WIDGET_BYTES
    assert widget + sum(sent(address, file) for file in files) <= DEMO_BYTES


def test_the_script_needs_nothing_but_itself(address):
    script = requests.get(f"{address}/lumbar-chat.js", timeout=30).text
    assert not re.search(r"\b(import|require)\b|https?://\w", script)


def test_a_browser_without_gzip_gets_the_same(address):
    plain = requests.get(
        f"{address}/lumbar-chat.js", headers={"Accept-Encoding": "identity"}, timeout=30
    )
    packed = requests.get(f"{address}/lumbar-chat.js", timeout=30)
    assert plain.content == packed.content
    assert len(gzip.compress(plain.content)) == pytest.approx(
        sent(address, "lumbar-chat.js"), abs=30
    )


@pytest.mark.parametrize("name", [f"LUMBAR_{name.upper()}" for name in Settings.__fields__])
def test_every_setting_is_documented(name):
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize(
    "name",
    [
        *re.findall(r"getAttribute\('(\S+?)'\)", (WIDGET / "lumbar-chat.js").read_text()),
        *re.findall(r":host\(\[(\S+?)=", (WIDGET / "lumbar-chat.css").read_text()),
        *re.findall(r"var\((--lumbar-[a-z-]+)", (WIDGET / "lumbar-chat.css").read_text()),
    ],
)
def test_every_attribute_and_property_of_the_widget_is_documented(name):
    assert f"`{name}`" in DOCS
