"""What an auditor asks for: what is installed, that it is current, and why some is not."""

import json
import re
import subprocess
from importlib.metadata import version

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from lumbar.serving import environment
from lumbar.settings import ROOT

FLOORS = {
    "aiohttp": (3, 14),
    "dnspython": (2, 8),
    "lxml": (6, 1),
    "numpy": (1, 26),
    "onnx": (1, 19),
    "protobuf": (6, 33, 5),
    "pydantic": (1, 10, 27),
    "pymongo": (4, 18),
    "redis": (8, 1),
    "scikit-learn": (1, 7),
    "sentry-sdk": (2, 75),
    "setuptools": (80,),
    "skops": (0, 16),
    "trafilatura": (2,),
}


def locked():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, re.MULTILINE))


def table(title):
    """Return the cells of each row of the table under `title`."""
    page = (ROOT / "docs" / "supply-chain.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)
    return [row.split(" | ") for row in rows[2:]]


def numbers(text):
    return tuple(int(part) for part in re.findall(r"\d+", text))


def test_an_auditor_gets_every_installed_package():
    # What make would install first, these tests run in.
    command = ("make", "--assume-old=.venv/installed", "sbom")
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = (ROOT / "build" / "sbom.json").read_text(encoding="utf-8")
    sbom = json.loads(text)
    assert sbom["bomFormat"] == "CycloneDX"
    schema = JsonStrictValidator(SchemaVersion.from_version(sbom["specVersion"]))
    assert schema.validate_str(text) is None
    assert sbom["metadata"]["component"]["name"] == "lumbar"
    listed = {
        re.sub(r"[-_.]+", "-", part["name"]).lower(): part["version"] for part in sbom["components"]
    }
    assert len(locked()) > 200
    assert {name: listed.get(name) for name in locked()} == locked()


@pytest.mark.parametrize("name", FLOORS)
def test_what_was_raised_is_not_lowered_again(name):
    assert numbers(version(name)) >= FLOORS[name]


def test_what_rasa_cannot_do_without_stays():
    assert version("websockets") == "10.4"
    assert numbers(version("packaging")) < (22,)
    assert "skops" in locked()


def test_the_page_tells_the_versions_that_were_raised():
    told = {row[0].strip("`"): row[2] for row in table("What was raised")}
    assert set(told) >= set(FLOORS)
    assert told == {name: locked().get(name) for name in told}


def test_the_page_tells_the_versions_that_are_held_back():
    told = {row[0].strip("`"): row[1] for row in table("What cannot be raised")}
    assert {"websockets", "packaging", "sanic", "tensorflow-cpu", "keras", "pydantic"} <= set(told)
    assert told == {name: locked().get(name) for name in told}


def test_what_the_page_says_is_left_out_is_left_out():
    left_out = [row[0].strip("`") for row in table("What was left out")]
    assert len(left_out) >= 4
    assert not set(left_out) & set(locked())
