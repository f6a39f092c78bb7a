"""Networks of the tests' own, for servers and patients on different machines, or on one alone.

A network has a loopback device and one way out, a TUN device: whatever leaves, this process
reads, and nothing gets further than it passes it on. The kernel itself sends nothing on such
a device, and needs neither `dummy` nor `netem`, which not every kernel has.
"""

import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from ipaddress import ip_interface
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_NETWORK = 0x40000000
_MAKE_TUN = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001
_LONGEST = 65_536


class Network:
    """A network namespace whose way out has `addresses`, such as "192.0.2.1/24".

    It ends with its last process and `close`; nothing of it is left on disk.
    """

    def __init__(self, *addresses: str) -> None:
        home = _network_of_this_thread()
        try:
            _check(_LIBC.unshare(_NEW_NETWORK))
            try:
                self._network = _network_of_this_thread()
                self.way_out = _tun("outside")
                _set_up(addresses)
            finally:
                _check(_LIBC.setns(home, _NEW_NETWORK))
        finally:
            os.close(home)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be in it: the connections this thread makes, and the processes it starts."""
        home = _network_of_this_thread()
        _check(_LIBC.setns(self._network, _NEW_NETWORK))
        try:
            yield
        finally:
            _check(_LIBC.setns(home, _NEW_NETWORK))
            os.close(home)

    def left(self) -> list[bytes]:
        """Return the packets that left since it was last asked."""
        packets = []
        while packet := _read(self.way_out):
            packets.append(packet)
        return packets

    def close(self) -> None:
        os.close(self.way_out)
        os.close(self._network)


class Wire:
    """Joins two networks; each packet arrives `delay` seconds late, or is lost by chance."""

    def __init__(self, one: Network, other: Network, delay: float, loss: float, seed: int) -> None:
        self._ends = {one.way_out: other.way_out, other.way_out: one.way_out}
        self._delay, self._loss, self._chance = delay, loss, random.Random(seed)
        self._mute: Network | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self.carried = self.lost = 0

    def __enter__(self) -> "Wire":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._thread.join()

    @contextmanager
    def muting(self, one: Network) -> Iterator[None]:
        """Lose all that `one` sends."""
        self._mute = one
        try:
            yield
        finally:
            self._mute = None

    def _carry(self) -> None:
        under_way: list[tuple[float, int, bytes]] = []
        while not self._ended:
            next_one = under_way[0][0] - time.monotonic() if under_way else 0.1
            readable, _, _ = select.select([*self._ends], [], [], min(max(next_one, 0), 0.1))
            for end in readable:
                while packet := _read(end):
                    muted = self._mute is not None and self._mute.way_out == end
                    if muted or self._chance.random() < self._loss:
                        self.lost += 1
                    else:
                        due = time.monotonic() + self._delay
                        heappush(under_way, (due, self._ends[end], packet))
            while under_way and under_way[0][0] <= time.monotonic():
                _, end, packet = heappop(under_way)
                os.write(end, packet)
                self.carried += 1


def resolving_at(address: str, folder: Path) -> list[str]:
    """Return a command that runs another one which asks for names at `address`."""
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {address}\noptions timeout:1 attempts:1\n", encoding="ascii")
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    return ["unshare", "--mount", "--", "sh", "-c", script, str(file)]


def _set_up(addresses: tuple[str, ...]) -> None:
    _ip("link set lo up")
    for setting in ("addr_gen_mode=1", "accept_ra=0", "router_solicitations=0"):
        name, _, value = setting.partition("=")
        Path(f"/proc/sys/net/ipv6/conf/outside/{name}").write_text(value, encoding="ascii")
    for address in addresses:
        version = ip_interface(address).version
        _ip(f"-{version} address add {address} dev outside" + (" nodad" if version == 6 else ""))
    _ip("link set outside up")
    for version in {ip_interface(address).version for address in addresses}:
        _ip(f"-{version} route add default dev outside")


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(device, _MAKE_TUN, struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEADER))
    return device


def _read(device: int) -> bytes:
    try:
        return os.read(device, _LONGEST)
    except BlockingIOError:
        return b""


def _network_of_this_thread() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
