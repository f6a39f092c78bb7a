"""A client that sends nothing but bad requests, and a patient who asks in between."""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
import requests

CLIENTS = 8
QUESTION = "how long does MILD last?"


@dataclass(frozen=True)
class Attacked:
    """How often each status was answered, the server's memory in MB before and after, and
    the seconds each of the patient's questions took."""

    statuses: Counter[int]
    before: float
    after: float
    waited: list[float]


def attack(address: str, process_id: int, number: int) -> Attacked:
    """Send `number` bad requests to the server, and questions all the while."""
    process = psutil.Process(process_id)
    session, token = requests.Session(), _begin(address)
    for _ in range(20):
        _ask(session, address, token)
    before = process.memory_info().rss / 1e6
    waited: list[float] = []
    done = threading.Event()

    def patient() -> None:
        while not done.is_set():
            waited.append(_ask(session, address, token))

    asking = threading.Thread(target=patient)
    asking.start()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [
            pool.submit(_client, address, seed, number // CLIENTS) for seed in range(CLIENTS)
        ]
        statuses = sum((client.result() for client in clients), Counter[int]())
    done.set()
    asking.join()
    return Attacked(statuses, before, process.memory_info().rss / 1e6, waited)


def _begin(address: str) -> str:
    begun = requests.post(f"{address}/api/sessions", timeout=30)
    begun.raise_for_status()
    return str(begun.json()["token"])


def _ask(session: requests.Session, address: str, token: str) -> float:
    start = time.perf_counter()
    answered = session.post(
        f"{address}/api/messages",
        json={"text": QUESTION},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answered.raise_for_status()
    return time.perf_counter() - start


def _client(address: str, seed: int, number: int) -> Counter[int]:
    chance = random.Random(seed)
    session = requests.Session()
    token = _begin(address)
    kinds: list[Callable[[], int]] = [
        lambda: _post(session, address, token, "messages", chance.choice(BODIES)),
        lambda: _post(session, address, token, "buttons", b'{"button": "/restart"}'),
        lambda: _post(session, address, token, "feedback", b'{"answer": "x", "verdict": "up"}'),
        lambda: _post(session, address, chance.choice(TOKENS), "messages", b'{"text": "hi"}'),
        lambda: _post(session, address, token, chance.choice(PATHS), b"{}"),
        lambda: _raw(address, chance.choice(RAW)),
        lambda: _raw(address, chance.randbytes(200) + b"\r\n\r\n"),
    ]
    return Counter(chance.choice(kinds)() for _ in range(number))


BODIES = (
    *(b"", b"{", b"[]", b"null", b"\xff", b'{"text": 5}', b'{"text": ""}', b"[" * 15_000),
    *(b'{"text": "hi", "sender": "x"}', b'{"text": "' + b"x" * 1001 + b'"}'),
    *(b'{"text": "' + b"x" * 20_000 + b'"}', b'{"text": "' + b"x" * 900_000 + b'"}'),
)
TOKENS = ("", "x", "a.b.c", "IngiIg.aaaaaa." + "A" * 43)
PATHS = ("%2e%2e/etc/passwd", "x" * 3000, "sessions/1", "webhooks/rest/webhook")
RAW = (
    b"GET http://[ HTTP/1.1\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"POST /api/messages HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/messages HTTP/1.1\r\nContent-Length: 1e9\r\n\r\n",
    b"POST /api/messages HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n{",
    b"POST /api/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n{",
    b"POST /api/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
)


def _post(session: requests.Session, address: str, token: str, path: str, body: bytes) -> int:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        sent = session.post(f"{address}/api/{path}", data=body, headers=headers, timeout=30)
    except requests.ConnectionError:
        # The server refused, and hung up before all of a large body was sent.
        return 413
    return sent.status_code


def _raw(address: str, request: bytes) -> int:
    at = urlsplit(address)
    with socket.create_connection((at.hostname, at.port), timeout=30) as connection:
        connection.sendall(request)
        return int(connection.makefile("rb").readline().split()[1])
