"""The servers that `benchmarks.load` puts under load, and what they take of the machine."""

import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from ruamel.yaml import YAML
from sqlalchemy.engine import make_url

from benchmarks import servers
from benchmarks.contenders import Contender
from benchmarks.running import server
from benchmarks.servers import DEPLOY, UNLIMITED, Models, Nginx, PostgreSQL, Redis, Website
from lumbar.documents import read_yaml

ASSISTANT, ACTIONS = "assistant", "action server"
POSTGRESQL, REDIS, PROXY = "PostgreSQL", "Redis", "nginx"
PARTS = (ASSISTANT, ACTIONS, POSTGRESQL, REDIS, PROXY)

CONFIG = DEPLOY / "nginx" / "nginx.conf"


@dataclass(frozen=True)
class Running:
    """What visitors of the class `visitor` are to be sent to, and its processes by part."""

    visitor: str
    addresses: tuple[str, ...]
    processes: Mapping[str, Sequence[psutil.Process]]

    def first(self) -> "Running":
        """Return the same with all visitors at the first process."""
        return replace(self, addresses=self.addresses[:1])

    def cpu(self) -> dict[str, float]:
        """Return the seconds of processor time that each part took until now."""
        return {part: sum(map(_cpu, self.processes.get(part, ()))) for part in PARTS}

    def memory(self) -> dict[str, float]:
        """Return the MB that each assistant and action server keeps in memory."""
        return {
            f"{part} {number}": process.memory_info().rss / 1e6
            for part in (ASSISTANT, ACTIONS)
            for number, process in enumerate(self.processes[part], 1)
        }


@dataclass(frozen=True)
class Stores:
    postgresql: PostgreSQL
    redis: Redis

    def processes(self) -> dict[str, list[psutil.Process]]:
        return {
            POSTGRESQL: [psutil.Process(self.postgresql.pid)],
            REDIS: [psutil.Process(self.redis.pid)],
        }


@contextmanager
def stores() -> Iterator[Stores]:
    with PostgreSQL() as postgresql, Redis() as redis:
        yield Stores(postgresql, redis)


@contextmanager
def stock(trained: Contender, kept: Stores, folder: Path) -> Iterator[Running]:
    """Run stock Rasa with its sessions and locks in `kept`; `folder` is for its files."""
    endpoints = read_yaml(trained.folder / "endpoints.yml")
    database, redis = make_url(kept.postgresql.database()), make_url(kept.redis.url)
    endpoints["tracker_store"] = {
        "type": "SQL",
        "dialect": "postgresql",
        "url": database.host,
        "port": database.port,
        "db": database.database,
        "username": database.username,
        "password": database.password,
    }
    # A database of its own, away from Lumbar's locks.
    endpoints["lock_store"] = {"type": "redis", "url": redis.host, "port": redis.port, "db": 1}
    folder.mkdir()
    YAML().dump(endpoints, folder / "endpoints.yml")
    (folder / "models").symlink_to(trained.folder / "models")
    with server(replace(trained, folder=folder)) as (process, address, _):
        actions = [one for one in psutil.Process().children() if "rasa_sdk" in one.cmdline()]
        processes = {ASSISTANT: [psutil.Process(process.pid)], ACTIONS: actions}
        yield Running("RestVisitor", (address,), {**processes, **kept.processes()})


@dataclass(frozen=True)
class Lumbar:
    """Processes of Lumbar that share a database; `secret` signs what they hand out."""

    running: Running
    database: str
    secret: str
    models: Models
    logs: tuple[Path, ...]

    def took_up(self) -> list[int]:
        """Return how many promoted models each process has put in place."""
        return [log.read_text().count("answers from now on.") for log in self.logs]


@contextmanager
def lumbar(number: int, kept: Stores, folder: Path) -> Iterator[Lumbar]:
    """Run `number` processes of Lumbar as shipped, with an action server each."""
    models, database = Models.copied_to(folder), kept.postgresql.database()
    secret = secrets.token_urlsafe(32)
    variables = {
        **UNLIMITED,
        **models.variables,
        "LUMBAR_DATABASE": database,
        "LUMBAR_REDIS": kept.redis.url,
        "LUMBAR_SECRET": secret,
    }
    with ExitStack() as stack:
        sites = [stack.enter_context(Website(**variables)) for _ in range(number)]
        found = [
            process
            for site in sites
            for process in psutil.Process(site.pid).children(recursive=True)
        ]
        processes = {
            ASSISTANT: [one for one in found if "rasa" in one.cmdline()],
            ACTIONS: [one for one in found if "rasa_sdk" in one.cmdline()],
            **kept.processes(),
        }
        addresses = tuple(site.url for site in sites)
        logs = tuple(site.log for site in sites)
        yield Lumbar(Running("WebVisitor", addresses, processes), database, secret, models, logs)


@contextmanager
def proxied(running: Running) -> Iterator[Running]:
    """Put nginx before the processes, as deployed but with no limits to one address; where
    there is none, visitors go to one process or the other by themselves."""
    if not servers.NGINX:
        yield running
        return
    config = re.sub(r"^ *limit_(req|conn) .*;$", "", CONFIG.read_text(), flags=re.MULTILINE)
    nginx = Nginx(config)
    processes = [f"server {address.removeprefix('http://')};" for address in running.addresses]
    (nginx.folder / "upstream.conf").write_text("\n".join(processes))
    (nginx.folder / "listen.conf").write_text(f"listen {nginx.url.removeprefix('http://')};")
    with nginx:
        known = {**running.processes, PROXY: [psutil.Process(nginx.pid)]}
        yield replace(running, addresses=(nginx.url,), processes=known)


def _cpu(process: psutil.Process) -> float:
    """Return the seconds that `process` and all its children took, those that ended too."""
    took = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            took += sum(one.cpu_times()[:4])
    return took


def programs() -> str:
    """Return the names and versions of the servers that are not Python's."""
    found = {"PostgreSQL": servers.POSTGRESQL, "Redis": servers.REDIS, "nginx": servers.NGINX}
    return ", ".join(f"{name} {_version(program)}" for name, program in found.items() if program)


def _version(program: str) -> str:
    option = "-v" if program == servers.NGINX else "--version"
    said = subprocess.run([program, option], capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else "of an unknown version"
