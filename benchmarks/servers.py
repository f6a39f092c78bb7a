"""Real servers on this machine, for `make load`, and for tests that stop, kill and hang them.

Each keeps to a temporary folder and to one port, the same one after a restart.
"""

import atexit
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psutil
import psycopg2
import redis
import requests

from lumbar.serving import HOST, environment, free_port
from lumbar.settings import ROOT, settings

DEPLOY = ROOT / "deploy"
UNLIMITED = {
    f"LUMBAR_{name}": "1000000" for name in ("SESSION_RATE", "ADDRESS_RATE", "ADDRESS_AT_ONCE")
}
"""All visitors of a test come from one address."""

START_SECONDS = 90
STOP_SECONDS = 30

# Debian keeps PostgreSQL's programs off the path, and root's ones off that of others.
_PATH = os.pathsep.join(
    [*map(str, Path("/usr/lib/postgresql").glob("*/bin")), os.environ["PATH"], "/usr/sbin"]
)
POSTGRESQL = shutil.which("postgres", path=_PATH)
REDIS = shutil.which("redis-server")
NGINX = shutil.which("nginx", path=_PATH)


def wait_until(happened: Callable[[], object], seconds: float = 10) -> bool:
    """Return whether `happened` turned true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Server:
    """The processes of one server; `with` starts them and leaves nothing behind."""

    user: str | None = None
    """Who runs it, if not whoever runs the tests."""
    ending = signal.SIGTERM

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix=f"lumbar-{type(self).__name__.lower()}-"))
        self.log = self.folder / "log"
        self.port = free_port()
        self._process: subprocess.Popen | None = None
        atexit.register(self.close)

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
            )
        if not wait_until(lambda: not self.is_running() or self._is_up(), START_SECONDS) or (
            not self.is_running()
        ):
            self.kill()
            raise RuntimeError(f"{type(self).__name__} did not start:\n{self.printed()}")

    def printed(self) -> str:
        """Return what it wrote to its logs."""
        logs = sorted(self.folder.rglob("*log"))
        return "\n".join(one.read_text(errors="replace") for one in logs if one.is_file())

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it as its operator would; kill it if it does not."""
        if self.is_running():
            self.go_on()
            os.kill(self.pid, self.ending)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End every process at once, with no time to put anything in order."""
        if self.is_running():
            processes = self._stopped()
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.wait()
            wait_until(lambda: all(map(has_ended, processes)), STOP_SECONDS)

    def hang(self) -> None:
        """Let it take connections, as the system does for it, and answer none."""
        self._stopped()

    def go_on(self) -> None:
        for process in self._all():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def restore(self) -> None:
        """Bring it back from whatever a test did to it."""
        if self.is_running():
            self.go_on()
        else:
            self.start()

    def close(self) -> None:
        atexit.unregister(self.close)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _all(self) -> list[psutil.Process]:
        # By descent and not by group: PostgreSQL gives each connection a group of its own.
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]

    def _stopped(self) -> list[psutil.Process]:
        # The first one first, so that it starts no others meanwhile.
        psutil.Process(self.pid).suspend()
        processes = self._all()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        return processes

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _is_up(self) -> bool:
        raise NotImplementedError


class PostgreSQL(Server):
    """As durable as a clinic's: what was committed outlives `kill`."""

    # Its `SIGTERM` waits until every client has gone.
    ending = signal.SIGINT

    def __init__(self) -> None:
        super().__init__()
        self._names = map("lumbar_{}".format, count(1))
        if os.geteuid() == 0:
            # It refuses to run as root.
            self.user = "postgres"
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        subprocess.run(
            [
                *(str(Path(POSTGRESQL).with_name("initdb")), "--pgdata", str(self.folder / "data")),
                *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
                "--no-sync",
            ],
            cwd=self.folder,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            capture_output=True,
            check=True,
        )

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{HOST}:{self.port}"

    def database(self) -> str:
        """Make an empty database; return its SQLAlchemy URL."""
        name = next(self._names)
        with closing(psycopg2.connect(f"{self.url}/postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {name}")
        return f"{self.url}/{name}"

    def _command(self) -> Sequence[str]:
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "shared_buffers": "16MB",
        }
        return [
            *(POSTGRESQL, "-D", str(self.folder / "data")),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ]

    def _is_up(self) -> bool:
        try:
            psycopg2.connect(f"{self.url}/postgres", connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True


class Redis(Server):
    """Keeps nothing on disk: a restart empties it."""

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def _command(self) -> Sequence[str]:
        nothing_kept = ("--save", "", "--appendonly", "no")
        return [REDIS, "--bind", HOST, "--port", str(self.port), *nothing_kept]

    def _is_up(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url, socket_timeout=2).ping())
        except redis.RedisError:
            return False


class Nginx(Server):
    """Serves `config`, in which `@PORT@` is its port and paths are relative to `folder`."""

    def __init__(self, config: str) -> None:
        super().__init__()
        self.config = config
        # Its workers are another user's when root starts it.
        self.folder.chmod(0o755)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def _command(self) -> Sequence[str]:
        config = self.folder / "nginx.conf"
        config.write_text(self.config.replace("@PORT@", str(self.port)))
        files = ("-p", str(self.folder), "-c", str(config), "-e", "stderr")
        return [NGINX, *files, "-g", f"daemon off; pid {self.folder}/pid;"]

    def _is_up(self) -> bool:
        return listens(self.port)


class Website(Server):
    """`lumbar run` with a folder of its own for all it writes; `overrides` are environment
    variables, and `before` is a command that runs it."""

    def __init__(self, before: Sequence[str] = (), host: str = HOST, **overrides: str) -> None:
        super().__init__()
        self.host = host
        self._before = before
        self._overrides = overrides
        self.build = self.folder / "build"
        self.build.mkdir()
        (self.build / "pipeline").symlink_to(settings.build / "pipeline")
        self.state = Path(overrides.get("LUMBAR_STATE", self.folder / "state"))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def database(self) -> Path:
        """The file of conversations, where no other database is named."""
        return self.state / "conversations.db"

    def is_ready(self) -> bool:
        """Return whether it says that all it needs is there."""
        try:
            return requests.get(f"{self.url}/api/health/ready", timeout=20).ok
        except requests.RequestException:
            return False

    def _command(self) -> Sequence[str]:
        return [*self._before, sys.executable, "-m", "lumbar.cli", "run"]

    def _environment(self) -> dict[str, str]:
        return {
            **environment(),
            "PYTHONUNBUFFERED": "1",
            "LUMBAR_HOST": self.host,
            "LUMBAR_PORT": str(self.port),
            "LUMBAR_BUILD": str(self.build),
            "LUMBAR_STATE": str(self.state),
            **self._overrides,
        }

    def _is_up(self) -> bool:
        # Its own word, since the server may be in a network that this process is not in.
        return f"Lumbar is at {self.url}" in self.log.read_text()

    def children(self, module: str) -> list[psutil.Process]:
        """Return its processes that run `module`: "rasa", the assistant, or "rasa_sdk"."""
        with suppress(psutil.NoSuchProcess):
            return [one for one in psutil.Process(self.pid).children() if module in _words(one)]
        return []


@dataclass(frozen=True)
class Models:
    """Two versions of the served model, in a folder of their own; the first is served."""

    folder: Path

    @classmethod
    def copied_to(cls, folder: Path) -> "Models":
        models = cls(folder)
        for number in (1, 2):
            shutil.copytree(settings.served.resolve(), models.version(number))
        models.promote(1)
        return models

    @property
    def variables(self) -> dict[str, str]:
        return {"LUMBAR_MODELS": str(self.folder), "LUMBAR_SERVED": "served"}

    def version(self, number: int) -> Path:
        return self.folder / "versions" / f"20260101-00000{number}-model"

    def promote(self, number: int) -> None:
        """Serve the other one from now on, as `lumbar models promote` does."""
        link = self.folder / ".served.new"
        link.symlink_to(self.version(number))
        link.replace(self.folder / "served")


@contextmanager
def behind_nginx(**overrides: str) -> Iterator[tuple[Nginx, list[Website]]]:
    """Run two processes of Lumbar behind nginx as it is deployed, but all visitors may come
    from one address; nginx's log tells what it could not pass on."""
    overrides = {**UNLIMITED, "LUMBAR_PROXIES": "1", **overrides}
    sites = [Website(**overrides), Website(**overrides)]
    nginx = Nginx((DEPLOY / "nginx" / "nginx.conf").read_text(encoding="utf-8"))
    address = nginx.url.removeprefix("http://")
    (nginx.folder / "listen.conf").write_text(
        f"listen {address}; access_log access.log private; error_log stderr error;\n"
        "limit_req zone=requests burst=1000000 nodelay; limit_conn connections 10000;\n"
    )
    upstreams = (DEPLOY / "many" / "upstream.conf").read_text(encoding="utf-8")
    # The container's nginx is newer than Debian's, and has a name server.
    upstreams = re.sub(r"^resolver .*| resolve\b", "", upstreams, flags=re.MULTILINE)
    left = iter(sites)
    upstreams = re.sub(r"assistant-\d+:\d+", lambda _: f"{HOST}:{next(left).port}", upstreams)
    (nginx.folder / "upstream.conf").write_text(upstreams)
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Server.start, (*sites, nginx)))
        yield nginx, sites
    finally:
        for server in (nginx, *sites):
            server.close()


def has_ended(process: psutil.Process) -> bool:
    """Return whether it did, also where nobody has asked for its status yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def listens(port: int) -> bool:
    return any(
        one.laddr.port == port and one.status == psutil.CONN_LISTEN
        for one in psutil.net_connections("tcp4")
    )
