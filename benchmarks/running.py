"""Runs a contender's server and measures it from outside."""

import json
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psutil

from benchmarks.contenders import Contender
from lumbar.documents import read_yaml
from lumbar.serving import HOST, action_server, free_port
from lumbar.settings import ROOT

SECONDS = 15
"""Of each load test."""
START_SECONDS = 600
LONG_SESSION = 200


@dataclass(frozen=True)
class Load:
    """Milliseconds a message takes, and messages a second."""

    median: float
    p95: float
    rate: float


@dataclass(frozen=True)
class Measured:
    """What was measured of a running server; `memory` in MB, times in seconds or as in
    `Load`; `growth` is message 200 of a session over message 5."""

    startup: float
    memory: float
    one: Load
    sixteen: Load
    growth: float
    parsed: list[dict[str, Any]]


def measure(contender: Contender, texts: Sequence[str]) -> Measured:
    """Start the contender's server, put it under load, and let it parse `texts`."""
    with server(contender) as (process, url, startup):
        for text in texts[:20]:
            _post(f"{url}/webhooks/rest/webhook", {"sender": uuid4().hex, "message": text})
        one, sixteen = _load(url, 1), _load(url, 16)
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        growth = _growth(url, texts)
        parsed = [_post(f"{url}/model/parse", {"text": text}) for text in texts]
    return Measured(startup, memory, one, sixteen, growth, parsed)


@contextmanager
def server(contender: Contender) -> Iterator[tuple[subprocess.Popen, str, float]]:
    port = free_port()
    url = f"http://{HOST}:{port}"
    with action_server() as actions:
        endpoints = read_yaml(contender.folder / "endpoints.yml")
        endpoints["action_endpoint"] = read_yaml(actions)["action_endpoint"]
        path = contender.folder / f"endpoints-{port}.yml"
        path.write_text(json.dumps(endpoints))
        # Rasa's own channel for both, so that only what answers differs.
        credentials = contender.folder / "credentials-rest.yml"
        credentials.write_text("rest:\n")
        start = time.perf_counter()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "rasa", "run", "--enable-api", "-i", HOST),
                *("-p", str(port), "--model", str(contender.model), "--endpoints", str(path)),
                *("--credentials", str(credentials)),
            ],
            cwd=ROOT if contender.folder.name == "shipped" else contender.folder,
            env=contender.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(process, url, start)
            yield process, url, time.perf_counter() - start
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(process: subprocess.Popen, url: str, start: float) -> None:
    while time.perf_counter() - start < START_SECONDS and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/status", timeout=5) as reply:
                if json.load(reply).get("model_file"):
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError(f"the server of {url} did not start; run `rasa run` by hand to see why")


def _load(url: str, clients: int) -> Load:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", "benchmarks/patients.py", "--headless"),
            *("--only-summary", "--json", "-H", url, "-u", str(clients), "-r", str(clients)),
            *("-t", f"{SECONDS}s", "--exit-code-on-error", "0"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (stats,) = json.loads(done.stdout)
    if stats["num_failures"]:
        raise RuntimeError(f"{stats['num_failures']} of {stats['num_requests']} messages failed")
    times = sorted(
        float(milliseconds)
        for milliseconds, count in stats["response_times"].items()
        for _ in range(count)
    )
    duration = stats["last_request_timestamp"] - stats["start_time"]
    return Load(
        statistics.median(times),
        times[int(0.95 * len(times))],
        stats["num_requests"] / duration,
    )


def _growth(url: str, texts: Sequence[str]) -> float:
    sender = uuid4().hex
    asked = [text for text in texts if len(text) < 60][:5]
    took = []
    for number in range(LONG_SESSION + 3):
        start = time.perf_counter()
        message = {"sender": sender, "message": asked[number % len(asked)]}
        _post(f"{url}/webhooks/rest/webhook", message)
        took.append(time.perf_counter() - start)
    return statistics.median(took[-5:]) / statistics.median(took[2:7])


def _post(url: str, message: dict[str, str]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(message).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)
