"""Starts and stops the processes behind the assistant."""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from lumbar.documents import read_yaml
from lumbar.settings import settings
from lumbar.studio.errors import StudioError
from lumbar.studio.versions import MODEL

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 25
"""Longer than an answer that was begun may take, and what waits for the database after it."""
REVIVALS = 5

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
"""No telemetry: on an exception Rasa would post what it knows to the internet. And each
thread that loads a model would otherwise keep memory of its own, and what an old model leaves
free would lie between what is still in use."""

HOME = settings.state / "home"
"""Where Rasa and Keras leave their settings, which would be the user's folder."""

logger = logging.getLogger(__name__)


class ServingError(StudioError):
    """A process did not start; the text says which and what to look at."""


class Server:
    """A module that runs as a process of its own, and writes to `log` or, without one, to
    where this process does."""

    def __init__(
        self, name: str, module: Sequence[str], overrides: Mapping[str, str], log: Path | None
    ) -> None:
        self.name = name
        self.log = log
        self._module = module
        # One secret for all its lives, or sessions would end with the first.
        secret = {"LUMBAR_SECRET": settings.secret}
        self._variables = {**serving_environment(), **secret, **overrides}
        self._revived: list[float] = []
        self._start()

    def _start(self) -> None:
        output = self.log.open("a") if self.log else None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lumbar.server", *self._module],
            cwd=settings.project,
            env={**self._variables, "LUMBAR_STARTED_BY": str(os.getpid())},
            stdout=output,
            stderr=output and subprocess.STDOUT,
            start_new_session=True,
        )
        if output:
            output.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, is_up: Callable[[], bool]) -> None:
        """Wait until `is_up`.

        Raises:
            ServingError: it ended, or was not up within `START_SECONDS`.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            if is_up():
                return
            time.sleep(0.05)
        raise self.failure()

    def failure(self) -> ServingError:
        where = f"{self.log} tells why." if self.log else "See above."
        return ServingError(f"The {self.name} did not start. {where}")

    def revive(self) -> None:
        """Start it again if it has ended, but `REVIVALS` times within `START_SECONDS` only."""
        now = time.monotonic()
        self._revived = [one for one in self._revived if now - one < START_SECONDS]
        if self.is_running or len(self._revived) >= REVIVALS:
            return
        self._revived.append(now)
        logger.error("The %s ended (%s) and is started again.", self.name, self._process.returncode)
        self._start()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


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
def action_server(
    started: list[Server] | None = None, to_files: bool = True, **overrides: str
) -> Iterator[Path]:
    """Run the action server on this machine only; yield an endpoints file that names it.

    `started` takes the process, for whoever keeps it running.

    Raises:
        ServingError: it ended or did not listen within `START_SECONDS`.
    """
    port = free_port()
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    endpoints = settings.state / f"endpoints-{port}.yml"
    everything = read_yaml(settings.project / "endpoints.yml")
    everything["action_endpoint"]["url"] = f"http://{HOST}:{port}/webhook"
    endpoints.write_text(json.dumps(everything))
    module = ("rasa_sdk", "--actions", "actions", "--port", str(port))
    log = settings.state / "action-server.log" if to_files else None
    server = Server("action server", module, {"SANIC_HOST": HOST, **overrides}, log)
    try:
        server.wait_for(lambda: _listens(HOST, port))
        if started is not None:
            started.append(server)
        yield endpoints
    finally:
        server.stop()
        endpoints.unlink(missing_ok=True)


@contextmanager
def website(
    port: int | None = None,
    started: list[Server] | None = None,
    to_files: bool = True,
    **overrides: str,
) -> Iterator[tuple[str, Server]]:
    """Run the action server and Rasa with the website's channel.

    Yields the address and Rasa's process. `started` takes both processes, for whoever keeps
    them running; `overrides` are environment variables.

    Raises:
        ServingError: something listens on the port already, or a process did not start.
    """
    port = port or settings.port
    if _listens(settings.host, port):
        raise ServingError(
            f"Port {port} is in use. End what uses it, or choose another: LUMBAR_PORT=5006"
        )
    here = HOST if settings.host == "0.0.0.0" else settings.host
    address = f"http://{here}:{port}"
    with action_server(started, to_files, **overrides) as endpoints:
        module = (
            *("rasa", "run", "--model", str(served_model()), "--endpoints", str(endpoints)),
            *("--interface", settings.host, "--port", str(port)),
        )
        log = settings.state / f"assistant-{port}.log" if to_files else None
        if log:
            log.unlink(missing_ok=True)
        server = Server("assistant", module, {"LUMBAR_PORT": str(port), **overrides}, log)
        try:
            server.wait_for(lambda: _answers(server, address))
            if started is not None:
                started.append(server)
            yield address, server
        finally:
            server.stop()


def _listens(host: str, port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((host, port)) == 0


def _answers(server: Server, address: str) -> bool:
    try:
        with urlopen(f"{address}/api/health", timeout=5):
            return True
    except HTTPError:
        # It listens only after it has tried to load its model.
        raise server.failure() from None
    except OSError:
        return False


def start_rasa(*arguments: str, **overrides: str) -> subprocess.Popen:
    """Start a Rasa command in the project's folder; `overrides` are environment variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "lumbar.quietly", "rasa", *arguments],
        cwd=settings.project,
        env={**serving_environment(), **overrides},
    )
