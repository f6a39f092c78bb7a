"""Starts and stops the processes behind the assistant."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

from lumbar.documents import read_yaml
from lumbar.settings import ROOT, settings
from lumbar.studio.errors import StudioError
from lumbar.studio.versions import MODEL

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
"""No telemetry: on an exception Rasa would post what it knows to the internet."""

HOME = ROOT / ".cache" / "home"
"""Where Rasa and Keras leave their settings, which would be the user's folder."""


class ServingError(StudioError):
    """A process did not start; the text says which and what to look at."""


def served_model() -> Path:
    """Return the model that is served, whichever version it is now.

    Raises:
        ServingError: there is none.
    """
    model = settings.served.resolve() / MODEL
    if not model.is_file():
        raise ServingError(f"{settings.served}: there is no model. `lumbar train` makes one.")
    return model


def environment() -> dict[str, str]:
    return {**os.environ, **QUIET, "HOME": str(HOME)}


def serving_environment() -> dict[str, str]:
    """Return the environment of a process that answers patients: what it knows is what the
    served version was made from, however the files are changed meanwhile."""
    return {**environment(), "LUMBAR_CONTENT": str(settings.served.absolute() / "content")}


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
    everything = read_yaml(settings.project / "endpoints.yml")
    everything["action_endpoint"]["url"] = f"http://{HOST}:{port}/webhook"
    endpoints.write_text(json.dumps(everything))
    module = ("rasa_sdk", "--actions", "actions", "--port", str(port))
    try:
        with _running("action server", module, {"SANIC_HOST": HOST}) as (process, log):
            _wait_for("action server", process, log, lambda: _listens(HOST, port))
            yield endpoints
    finally:
        endpoints.unlink(missing_ok=True)


@contextmanager
def website(port: int | None = None, **overrides: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run the action server and Rasa with the website's channel.

    Yields the address and Rasa's process. `overrides` are environment variables.

    Raises:
        ServingError: something listens on the port already, or a process did not start.
    """
    port = port or settings.port
    if _listens(settings.host, port):
        raise ServingError(
            f"Port {port} is in use. End what uses it, or choose another: LUMBAR_PORT=5006"
        )
    address = f"http://{settings.host}:{port}"
    with action_server() as endpoints:
        module = (
            *(
                "lumbar.quietly",
                "rasa",
                "run",
                "--model",
                str(served_model()),
                "--endpoints",
                str(endpoints),
            ),
            *("--interface", settings.host, "--port", str(port)),
        )
        with _running("assistant", module, overrides) as (process, log):
            _wait_for("assistant", process, log, lambda: _is_ready(address))
            yield address, process


@contextmanager
def _running(
    name: str, module: Sequence[str], overrides: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen, Path]]:
    """Run a module, what it prints going to a log under `build/`."""
    log = settings.build / f"{name.replace(' ', '-')}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=settings.project,
            env={**serving_environment(), **overrides},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, log
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(name: str, process: subprocess.Popen, log: Path, is_up: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if is_up():
            return
        time.sleep(0.05)
    raise ServingError(f"The {name} did not start. {log} tells why.")


def _listens(host: str, port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((host, port)) == 0


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/api/health", timeout=5):
            return True
    except OSError:
        return False


def start_rasa(*arguments: str, **overrides: str) -> subprocess.Popen:
    """Start a Rasa command in the project's folder; `overrides` are environment variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "lumbar.quietly", "rasa", *arguments],
        cwd=settings.project,
        env={**serving_environment(), **overrides},
    )
