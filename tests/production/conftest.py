"""What tests of the installed service share: servers that may be hurt."""

import os
import secrets
from typing import NamedTuple

import pytest
from networks import Network

from benchmarks.servers import (
    NGINX,
    POSTGRESQL,
    REDIS,
    Models,
    Nginx,
    PostgreSQL,
    Redis,
    Website,
    behind_nginx,
)


def pytest_collection_modifyitems(config, items):
    """Leave what takes minutes to `make soak`."""
    if os.environ.get("LUMBAR_SOAK"):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def postgresql_server():
    if not POSTGRESQL:
        pytest.skip("needs PostgreSQL: on Debian, apt-get install postgresql")
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server) -> PostgreSQL:
    """A PostgreSQL that runs, whatever the test before did to it."""
    postgresql_server.restore()
    return postgresql_server


@pytest.fixture(scope="session")
def redis_server():
    if not REDIS:
        pytest.skip("needs Redis: on Debian, apt-get install redis-server")
    with Redis() as server:
        yield server


@pytest.fixture
def redis(redis_server) -> Redis:
    """A Redis that runs and holds nothing, whatever the test before did to it."""
    redis_server.restart()
    return redis_server


class Service(NamedTuple):
    """Two processes of Lumbar behind nginx; `database` is the URL of the one they share."""

    nginx: Nginx
    sites: list[Website]
    database: str
    models: Models


@pytest.fixture(scope="session")
def service(postgresql_server, redis_server, tmp_path_factory):
    if not NGINX:
        pytest.skip("needs nginx: on Debian, apt-get install nginx-light")
    database = postgresql_server.database()
    models = Models.copied_to(tmp_path_factory.mktemp("models"))
    variables = {
        **models.variables,
        "LUMBAR_DATABASE": database,
        "LUMBAR_REDIS": redis_server.url,
        "LUMBAR_SECRET": secrets.token_urlsafe(32),
    }
    with behind_nginx(**variables) as (nginx, sites):
        yield Service(nginx, sites, database, models)


@pytest.fixture(scope="session")
def network():
    """Makes networks, where the system lets the tests do so."""
    made = []

    def make(*addresses: str) -> Network:
        try:
            made.append(Network(*addresses))
        except OSError as error:
            pytest.skip(
                "needs root, /dev/net/tun and a kernel with network namespaces, and on Debian "
                f"apt-get install iproute2: {error}"
            )
        return made[-1]

    yield make
    for one in made:
        one.close()
