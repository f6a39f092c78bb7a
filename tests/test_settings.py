"""An operator's settings are checked at the start, and a mistake is named."""

import os
import subprocess
import sys

import pytest

SECRET = "Zk3vQ9-tW7pLx2RbN8mHc4YdF6sJg1Ka"
POSTGRESQL = "postgresql://lumbar@db.example/lumbar"


def started(**variables):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LUMBAR_")}
    return subprocess.run(
        [sys.executable, "-c", "from lumbar.settings import settings; print(settings.json())"],
        env={**ours, **{f"LUMBAR_{name}": value for name, value in variables.items()}},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"SECRET": "short"}, "LUMBAR_SECRET: is too easy to guess"),
        ({"SECRET": "a" * 64}, "LUMBAR_SECRET: is too easy to guess"),
        ({"SECRET": "changeme" * 8}, "LUMBAR_SECRET: is too easy to guess"),
        ({"SECRET": "qwertyuiopasdfghjklzxcvbnm123456"}, "LUMBAR_SECRET: is too easy to guess"),
        ({"DATABASE": "mysql://host/name"}, 'LUMBAR_DATABASE: must begin with "postgresql://"'),
        ({"DATABASE": POSTGRESQL, "REDIS": "redis://host"}, "LUMBAR_SECRET: processes that share"),
        ({"REDIS": "redis://host"}, "LUMBAR_REDIS: several processes also need PostgreSQL"),
        ({"REDIS": "host:6379"}, "LUMBAR_REDIS: must look like"),
        ({"OLD_SECRET": SECRET}, "LUMBAR_ROTATED: goes with LUMBAR_OLD_SECRET"),
        ({"ROTATED": "2026-11-26T10:00"}, "LUMBAR_ROTATED: goes with LUMBAR_OLD_SECRET"),
        ({"OLD_SECRET": SECRET, "ROTATED": "2999-01-01"}, "LUMBAR_ROTATED: "),
        ({"PORT": "http"}, "LUMBAR_PORT: value is not a valid integer"),
    ],
)
def test_a_wrong_setting_is_named(variables, told):
    start = started(**variables)
    assert start.returncode == 1
    assert start.stderr.startswith(told), start.stderr
    assert len(start.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"SECRET": SECRET},
        {"SECRET": SECRET, "OLD_SECRET": "", "ROTATED": ""},
        {"SECRET": SECRET, "OLD_SECRET": "before", "ROTATED": "2026-11-26T10:00"},
        {"DATABASE": POSTGRESQL, "REDIS": "rediss://host:6380/1", "SECRET": SECRET},
        {"DATABASE": "sqlite:////var/lib/lumbar/conversations.db"},
    ],
)
def test_right_settings_are_taken(variables):
    start = started(**variables)
    assert start.returncode == 0, start.stderr
