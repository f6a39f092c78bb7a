"""`make run`, as somebody at a terminal meets it."""

import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from socket import socket

import psutil
import pytest
import requests

from lumbar.serving import HOST, environment, free_port
from lumbar.settings import ROOT
from lumbar.studio.versions import MODEL


def start(port, tmp_path, **overrides):
    """Start the command with a folder of its own for what it writes."""
    (tmp_path / "pipeline").symlink_to(ROOT / "build" / "pipeline")
    return subprocess.Popen(
        [sys.executable, "-m", "lumbar.cli", "run"],
        cwd=ROOT,
        env={**environment(), "LUMBAR_PORT": str(port), "LUMBAR_BUILD": str(tmp_path), **overrides},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_one_address_and_ends_all_it_started(tmp_path, ending):
    port = free_port()
    command = start(port, tmp_path)
    printed = ""
    while "http" not in printed:
        line = command.stdout.readline()
        assert line, printed
        printed += line
    assert re.findall(r"https?://\S+", printed) == [f"http://{HOST}:{port}"]
    assert "<lumbar-chat" in requests.get(f"http://{HOST}:{port}", timeout=30).text
    children = psutil.Process(command.pid).children(recursive=True)
    assert len(children) >= 2
    for child in children:
        listening = [one.laddr.ip for one in child.connections() if one.status == "LISTEN"]
        assert set(listening) <= {HOST}
    os.kill(command.pid, ending)
    command.communicate(timeout=60)
    assert not any(child.is_running() for child in children)


def test_a_port_in_use_is_named_with_the_way_out(tmp_path):
    with closing(socket()) as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = start(port, tmp_path)
        printed, _ = command.communicate(timeout=60)
    assert command.returncode == 1
    assert f"Port {port} is in use" in printed
    assert "LUMBAR_PORT=" in printed
    assert "Traceback" not in printed


def test_an_assistant_without_a_model_that_works_does_not_start_and_says_where_to_look(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / MODEL).write_bytes(b"no model")
    command = start(free_port(), tmp_path, LUMBAR_SERVED=str(tmp_path / "broken"))
    printed, _ = command.communicate(timeout=120)
    assert command.returncode == 1
    assert "The assistant did not start" in printed
    assert "Traceback" not in printed
