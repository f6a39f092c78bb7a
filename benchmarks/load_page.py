"""Writes docs/load.md with its picture."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.document import machine
from benchmarks.load_runs import CLIENTS, LOCUST, Endurance, Load
from benchmarks.load_servers import ACTIONS, ASSISTANT, PARTS, programs
from benchmarks.load_turns import Turns

PICTURE = Path("images", "load-memory.png")

SECONDS_BETWEEN_QUESTIONS = 30
"""Of a visitor who is chatting; an assumption."""
USE = 0.6
"""Share of a core's time that answers may take, so that hardly anyone waits for another."""

FOR = 1000
"""Messages that processor time is told for."""


@dataclass(frozen=True)
class Side:
    """One that was under load, in each round."""

    name: str
    loads: Sequence[Load]

    @property
    def rate(self) -> float:
        return statistics.median(one.rate for one in self.loads)

    @property
    def median(self) -> float:
        return statistics.median(one.median for one in self.loads)

    @property
    def p95(self) -> float:
        return statistics.median(one.p95 for one in self.loads)

    @property
    def answered(self) -> int:
        return sum(one.answered for one in self.loads)

    def cpu(self, *parts: str) -> float:
        """Return the seconds of processor time that `parts` took in all rounds."""
        return sum(one.cpu[part] for one in self.loads for part in parts)

    def per_second(self, *parts: str) -> float:
        """Return the messages answered for a second of the processor time of `parts`."""
        return self.answered / self.cpu(*parts)

    def cores(self) -> float:
        """Return how many cores were busy, at the average, the clients' too."""
        return self.cpu(*PARTS, LOCUST) / sum(one.seconds for one in self.loads)


@dataclass(frozen=True)
class Report:
    """All that one run measured; `stock` is missing where it was not trained yet."""

    stock: Side | None
    one: Side
    two: Side
    proxied: bool
    endurance: Endurance
    turns: Turns
    minutes: float

    def sides(self) -> list[Side]:
        return [side for side in (self.stock, self.one, self.two) if side]


def write(report: Report, path: Path) -> str:
    """Write the page and its picture; return its text."""
    sections = (_head(report), _rates(report), _cores(report), _turns(report))
    lines = [line for one in (*sections, _memory(report), _capacity(report)) for line in one]
    text = "\n".join(lines) + "\n"
    (path.parent / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    _picture(report.endurance, path.parent / PICTURE)
    path.write_text(text, encoding="utf-8")
    return text


def visitors_a_core(side: Side) -> float:
    """Return how many may chat at a time, for each core of the server and its stores."""
    return side.per_second(*PARTS) * SECONDS_BETWEEN_QUESTIONS * USE


def _head(report: Report) -> list[str]:
    loads = report.one.loads
    balanced = "nginx shares them out" if report.proxied else "each client keeps to one of them"
    return [
        "# Under load",
        "",
        f"One run of `make load` on {date.today():%Y-%m-%d}, {report.minutes:.0f} minutes: "
        f"{machine()}, {programs()}, Locust {version('locust')}.",
        "",
        "Stock Rasa is the configuration that `rasa init` writes, with its sessions in PostgreSQL, "
        "its locks in Redis and Rasa's own REST channel. Lumbar is as shipped, with "
        "`LUMBAR_DATABASE` and `LUMBAR_REDIS` in the same PostgreSQL and Redis and its channel "
        "for websites, where each conversation also begins with a request for a session; only "
        f"messages are counted. Each process has its action server beside it. {CLIENTS} Locust "
        "clients ask one question after the other without a pause, five a conversation, from "
        f"`tests/nlu/questions.tsv`: {len(loads)} rounds, in each of them everyone in turn for "
        f"{statistics.median(one.seconds for one in loads):.0f} s after a warm-up. Of two "
        f"processes, {balanced}. Servers, stores and clients share the machine.",
        "",
    ]


def _rates(report: Report) -> list[str]:
    rows = [
        [
            side.name,
            f"**{side.rate:.1f}**",
            ", ".join(f"{one.rate:.1f}" for one in side.loads),
            f"{side.median:.0f}",
            f"{side.p95:.0f}",
            f"{side.answered:,}",
            str(sum(one.failed for one in side.loads)),
            str(sum(one.silent for one in side.loads)),
        ]
        for side in report.sides()
    ]
    header = ["", "messages a second", "in each round", "median, ms", "p95, ms", "answered"]
    ratios = []
    if report.stock:
        faster, sooner = report.one.rate / report.stock.rate, report.one.p95 / report.stock.p95
        ratios = [
            ["messages a second, Lumbar over stock Rasa", f"{faster:.2f}", "at least 4"],
            ["p95, Lumbar over stock Rasa", f"{sooner:.2f}", "at most 0.33"],
        ]
    scaled = report.two.rate / report.one.rate
    aim = "at least 1.6, where there are cores for it"
    ratios.append(["messages a second, two processes over one", f"{scaled:.2f}", aim])
    return [
        *_table([*header, "failed", "without a reply"], rows),
        "",
        *_table(["", "measured", "aim"], ratios),
        "",
    ]


def _cores(report: Report) -> list[str]:
    rows = [
        [
            side.name,
            *(f"{FOR * side.cpu(part) / side.answered:.1f}" for part in (*PARTS, LOCUST)),
            f"{side.cores():.2f}",
            f"{side.per_second(ASSISTANT, ACTIONS):.1f}",
        ]
        for side in report.sides()
    ]
    header = ["", *PARTS, LOCUST, "cores busy", "messages for a CPU second"]
    return [
        "## What the cores were spent on",
        "",
        f"Seconds of processor time for {FOR:,} messages, and messages for each second of "
        "assistant and action server.",
        "",
        *_table(header, rows),
        "",
    ]


def _turns(report: Report) -> list[str]:
    turns, endured = report.turns, report.endurance
    errors = ", ".join(f"{status}: {count}" for status, count in sorted(turns.errors.items()))
    return [
        f"## {turns.answered:,} messages over two processes",
        "",
        f"In {turns.conversations:,} conversations; the third of each one's five questions goes "
        f"to the process that did not answer the two before it. Meanwhile another model is "
        f"promoted {len(endured.changes)} times; of {endured.expected} times that a process "
        f"should take it up, {endured.taken_up} are in its log. What visitors were answered, "
        "beside the `events` in the database:",
        "",
        *_table(
            ["", "measured", "aim"],
            [
                ["turns lost", str(turns.lost), "0"],
                ["turns doubled", str(turns.doubled), "0"],
                ["turns out of order", str(turns.out_of_order), "0"],
                ["tries that failed, by status, and were repeated", errors or "none", ""],
                ["questions without an answer after all tries", str(turns.given_up), "0"],
            ],
        ),
        "",
    ]


def _memory(report: Report) -> list[str]:
    samples, warm = report.endurance.samples, report.turns.answered // 10
    after = next(memory for answered, memory in samples if answered >= warm)
    later = [memory for answered, memory in samples if answered >= warm]
    rows = [
        [
            name,
            f"{start:.0f}",
            f"{max(one[name] for one in later):.0f}",
            f"{later[-1][name]:.0f}",
            f"{100 * (max(one[name] for one in later) / start - 1):+.1f} %",
            f"{100 * (later[-1][name] / start - 1):+.1f} %",
        ]
        for name, start in after.items()
    ]
    header = ["MB", f"after {warm:,} messages and a change", "most", "at the end"]
    return [
        "## Memory meanwhile",
        "",
        "Each process's own, every second. While a model is taken up, the old one is still there. "
        "The questions repeat, so that words which are new to spaCy, and stay in its memory, come "
        "at the beginning only.",
        "",
        *_table([*header, "growth to the most", "growth to the end"], rows),
        "",
        f"![Memory of each process]({PICTURE})",
        "",
    ]


def _capacity(report: Report) -> list[str]:
    side = report.two
    return [
        "## Capacity",
        "",
        f"A second of processor time, of all that serves and stores, answers "
        f"{side.per_second(*PARTS):.1f} messages. When a visitor asks a question every "
        f"{SECONDS_BETWEEN_QUESTIONS} s while chatting, which is assumed, then a core that is busy "
        f"{USE:.0%} of the time answers **{visitors_a_core(side):.0f} visitors at a time**.",
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(row)} |" for row in cells]


def _picture(endured: Endurance, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 4), constrained_layout=True)
    answered = [count for count, _ in endured.samples]
    colors = ("#2a6f77", "#7fb7be", "#a8562a", "#dba37f")
    for name, color in zip(endured.samples[0][1], colors, strict=True):
        axes.plot(answered, [memory[name] for _, memory in endured.samples], color, label=name)
    for place, change in enumerate(endured.changes):
        label = "another model is promoted" if not place else None
        axes.axvline(change, color="black", linewidth=0.7, linestyle=":", label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("messages answered")
    axes.set_ylabel("memory, MB")
    axes.grid(alpha=0.3)
    axes.legend(loc="center right")
    figure.savefig(path, dpi=110)
    plt.close(figure)
