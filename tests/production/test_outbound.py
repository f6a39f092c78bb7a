"""No traffic leaves the host: nothing a patient types leaves the clinic."""

import socket
import subprocess
import sys

import psutil
import pytest
from networks import resolving_at
from visitor import Visitor

from benchmarks.servers import Website

ADDRESSES = ("192.0.2.2/24", "2001:db8::2/64")
NAMESERVER = "192.0.2.53"
ELSEWHERE = ((socket.AF_INET, "203.0.113.1"), (socket.AF_INET6, "2001:db8:1::1"))


@pytest.fixture
def alone(network):
    """A network with a way to everywhere, on which nobody answers."""
    return network(*ADDRESSES)


@pytest.mark.parametrize(("family", "address"), ELSEWHERE)
def test_a_packet_that_left_would_be_seen(alone, family, address):
    with alone.inside(), socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"what the patient said", (address, 443))
    (packet,) = alone.left()
    assert b"what the patient said" in packet


def test_a_name_that_is_looked_up_would_be_seen(alone, tmp_path):
    ask = "import socket; socket.getaddrinfo('collector.example', 443)"
    with alone.inside():
        subprocess.run(
            [*resolving_at(NAMESERVER, tmp_path), sys.executable, "-c", ask],
            stderr=subprocess.DEVNULL,
            check=False,
        )
    assert any(b"collector" in packet for packet in alone.left())


def test_nothing_leaves_whether_patients_are_answered_or_not(alone, tmp_path):
    with alone.inside(), Website(resolving_at(NAMESERVER, tmp_path)) as website:
        visitor = Visitor(website.url).begin()
        for asked in (
            "how long does MILD last?",
            "mild or shots, which lasts longer",
            "my name is Walter Hughes, call me at 217-555-0133",
            "i cant pee since last night",
        ):
            assert visitor.say(asked).status_code == 200
        assert visitor.press(visitor.buttons[0]["button"]).status_code == 200
        assert visitor.say(None).status_code == 400
        end_action_server(website)
        visitor.say("compare MILD with surgery")
        assert visitor.send("DELETE", "sessions").status_code == 204
        # An exception is reported at the end, if it is.
        website.stop()
    assert alone.left() == []


def end_action_server(website):
    """Make the assistant fail: a comparison is an action's to answer."""
    (actions,) = (
        one
        for one in psutil.Process(website.pid).children(recursive=True)
        if "rasa_sdk" in one.cmdline()
    )
    actions.kill()
