"""`make load`: Lumbar beside stock Rasa, both on PostgreSQL and Redis, with many visitors.

python -m benchmarks.load [--quick]
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import contenders, load_page, load_runs, load_servers, load_turns
from benchmarks.__main__ import EACH
from benchmarks.load_servers import Lumbar, Running
from lumbar.examples import read_examples
from lumbar.settings import ROOT, settings

STOCK, ONE, TWO = "stock Rasa, 1 process", "Lumbar, 1 process", "Lumbar, 2 processes"

console = Console(width=120)
"""Wide enough for the tables, wherever they are printed."""


@dataclass(frozen=True)
class Size:
    """How much to do: `seconds` of each load and of warming up before the first, `rounds`
    of loads, `messages` over two processes, and the shares of them after which another
    model is promoted; `page` is where the report goes."""

    warm_up: int
    seconds: int
    rounds: int
    messages: int
    changes: tuple[float, ...]
    page: Path


FULL = Size(10, 30, 2, 20_000, (0.05, 0.25, 0.45, 0.65, 0.85), ROOT / "docs" / "load.md")
QUICK = Size(3, 5, 1, 1_000, (0.05,), settings.build / "load" / "load.md")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures Lumbar beside stock Rasa under load.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a few seconds each, stock Rasa only where it is trained already; "
        f"writes {QUICK.page} alone",
    )
    size = QUICK if parser.parse_args().quick else FULL
    stock = _trained() if size is FULL or _is_trained() else None
    start = time.monotonic()
    with TemporaryDirectory(prefix="lumbar-load-") as folder:
        report = _measure(size, stock, Path(folder), start)
    size.page.parent.mkdir(parents=True, exist_ok=True)
    console.print(Markdown(load_page.write(report, size.page)))


def _is_trained() -> bool:
    return (_stock_folder() / "seconds").is_file()


def _stock_folder() -> Path:
    return settings.build / "benchmark" / "stock"


def _trained() -> contenders.Contender:
    """Return stock Rasa as `make benchmark` trains it, or has trained it already."""
    sample = contenders.sample(read_examples(), EACH)
    with console.status("training stock Rasa, which takes a quarter of an hour"):
        return contenders.train("stock Rasa", _stock_folder(), sample, stock=True)


def _measure(
    size: Size, stock: contenders.Contender | None, folder: Path, start: float
) -> load_page.Report:
    with console.status("starting all servers"), _servers(stock, folder) as (sides, lumbar):
        loads = _loads(size, sides, folder / "log")
        changes = [round(share * size.messages) for share in size.changes]
        console.print(f"{size.messages:,} messages over two processes ...")
        endured = load_runs.endure(lumbar, size.messages, changes, folder / "log")
        turns = load_turns.check(endured.tries, lumbar.database)
    measured = {name: load_page.Side(name, loads[name]) for name in sides}
    return load_page.Report(
        stock=measured.get(STOCK),
        one=measured[ONE],
        two=measured[TWO],
        proxied=len(sides[TWO].addresses) == 1,
        endurance=endured,
        turns=turns,
        minutes=(time.monotonic() - start) / 60,
    )


@contextmanager
def _servers(
    stock: contenders.Contender | None, folder: Path
) -> Iterator[tuple[dict[str, Running], Lumbar]]:
    """Run everything at once; who is not asked takes nothing of the cores."""
    with ExitStack() as stack:
        kept = stack.enter_context(load_servers.stores())
        lumbar = stack.enter_context(load_servers.lumbar(2, kept, folder / "models"))
        both = stack.enter_context(load_servers.proxied(lumbar.running))
        sides = {ONE: lumbar.running.first(), TWO: both}
        if stock:
            running = load_servers.stock(stock, kept, folder / "stock")
            sides = {STOCK: stack.enter_context(running), **sides}
        yield sides, lumbar


def _loads(size: Size, sides: dict[str, Running], log: Path) -> dict[str, list[load_runs.Load]]:
    for running in sides.values():
        load_runs.load(running, size.warm_up, log)
    loads: dict[str, list[load_runs.Load]] = {name: [] for name in sides}
    for number in range(1, size.rounds + 1):
        for name, running in sides.items():
            loads[name].append(load_runs.load(running, size.seconds, log))
            console.print(f"round {number}, {name}: {loads[name][-1].rate:.1f} messages a second")
    return loads


if __name__ == "__main__":
    main()
