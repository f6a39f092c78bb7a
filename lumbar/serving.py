"""Starts and stops the processes behind the assistant."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lumbar.documents import read_yaml
from lumbar.settings import ROOT, settings

HOST = "127.0.0.1"
START_SECONDS = 60

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
"""No telemetry: on an exception Rasa would post what it knows to the internet."""

HOME = ROOT / ".cache" / "home"
"""Where Rasa and Keras leave their settings, which would be the user's folder."""


class ServingError(Exception):
    """A process did not start; the text says which and what to look at."""


def environment() -> dict[str, str]:
    return {**os.environ, **QUIET, "HOME": str(HOME)}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def action_server() -> Iterator[Path]:
    """Run the action server on this machine only; yield an endpoints file that names it.

    Raises:
        ServingError: it ended or did not listen within `START_SECONDS`.
    """
    port = free_port()
    settings.build.mkdir(parents=True, exist_ok=True)
    endpoints = settings.build / f"endpoints-{port}.yml"
    everything = read_yaml(ROOT / "endpoints.yml")
    everything["action_endpoint"] = {"url": f"http://{HOST}:{port}/webhook"}
    endpoints.write_text(json.dumps(everything))
    log = settings.build / "actions.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
            cwd=ROOT,
            env={**environment(), "SANIC_HOST": HOST},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(process, port, log)
        yield endpoints
    finally:
        process.terminate()
        process.wait()
        endpoints.unlink(missing_ok=True)


def _wait_for(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with closing(socket.socket()) as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise ServingError(f"The action server did not start. {log} tells why.")


def start_rasa(*arguments: str) -> subprocess.Popen:
    """Start a Rasa command in the project's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "lumbar.quietly", "rasa", *arguments], cwd=ROOT, env=environment()
    )
