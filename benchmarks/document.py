"""Writes docs/benchmarks.md with its pictures."""

import math
import platform
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import psutil

from benchmarks import hint3
from benchmarks.accuracy import REFUSED
from benchmarks.contenders import Contender
from benchmarks.running import LONG_SESSION, SECONDS, Measured
from lumbar.settings import ROOT

TEXT = ROOT / "docs" / "benchmarks.md"
RATIOS = ROOT / "docs" / "images" / "benchmark-ratios.png"
VERSIONS = ("rasa", "tensorflow-cpu", "spacy", "onnxruntime", "scikit-learn")

Row = tuple[str, Callable[[Contender, Measured], float], str, str]

ROWS: tuple[Row, ...] = (
    ("training, s", lambda contender, _: contender.seconds, "at most 0.1", "{:.0f}"),
    ("start-up, s", lambda _, one: one.startup, "at most 0.5", "{:.1f}"),
    ("message, median, ms", lambda _, one: one.one.median, "at most 0.25", "{:.1f}"),
    ("message, p95, ms", lambda _, one: one.one.p95, "", "{:.1f}"),
    ("messages a second, 1 client", lambda _, one: one.one.rate, "at least 4", "{:.0f}"),
    ("messages a second, 16 clients", lambda _, one: one.sixteen.rate, "at least 4", "{:.0f}"),
    ("message, median, 16 clients, ms", lambda _, one: one.sixteen.median, "", "{:.0f}"),
    ("message, p95, 16 clients, ms", lambda _, one: one.sixteen.p95, "", "{:.0f}"),
    ("memory after the load, MB", lambda _, one: one.memory, "at most 0.6", "{:.0f}"),
    ("model with pipeline, MB", lambda contender, _: contender.size, "", "{:.0f}"),
    (f"message {LONG_SESSION} over message 5", lambda _, one: one.growth, "", "{:.2f}"),
)


def write(
    stock: tuple[Contender, Measured, float],
    ours: tuple[Contender, Measured, float],
    shipped: tuple[Contender, Measured, float],
    examples: tuple[int, int],
    questions: int,
    public: Mapping[str, tuple[float, float]],
) -> Path:
    """Write the page; each contender comes with its accuracy, `examples` are the sample's
    and all, `public` maps HINT3's sets to what `hint3.accuracy` returns."""
    contenders = (stock, ours, shipped)
    ratios = {}
    lines = [
        "# Lumbar side by side",
        "",
        f"One run of `make benchmark` on {date.today():%Y-%m-%d}: {machine()}.",
        "",
        f"Stock Rasa is the configuration that `rasa init` writes. Both were trained on the same "
        f"{examples[0]} examples, the same number of every label, on which stock Rasa trained for "
        f"{stock[0].seconds / 60:.0f} minutes; the last column is the model as shipped, with all "
        f"{examples[1]:,}. Servers and load share the machine; each load lasts {SECONDS} s over "
        "the REST channel, five questions a conversation, action server beside it.",
        "",
        "| | " + " | ".join(one.name for one, _, _ in contenders) + " | ratio | target |",
        "|---|---|---|---|---|---|",
    ]
    for name, read, target, form in ROWS:
        values = [read(contender, measured) for contender, measured, _ in contenders]
        ratios[name] = values[1] / values[0]
        cells = ["" if value != value else form.format(value) for value in values]
        lines.append(f"| {name} | {' | '.join(cells)} | {ratios[name]:.2f} | {target} |")
    shares = [100 * share for _, _, share in contenders]
    lines += [
        f"| right, with {REFUSED:.0%} of the questions without an answer refused, % | "
        + " | ".join(f"{share:.1f}" for share in shares)
        + f" | {shares[1] / shares[0] if shares[0] else math.inf:.2f} | |",
        "",
        f"![Ratios to stock Rasa](images/{RATIOS.name})",
        "",
        f"Accuracy is that of the {questions:,} questions in `tests/nlu/`, none of them in "
        "the training data.",
        "",
        "## HINT3: real users' messages",
        "",
        "Trained on the set's own examples by the classifier as it is. In-scope accuracy / "
        "out-of-scope recall in per cent; the published rows at their authors' thresholds.",
        "",
        "| | " + " | ".join(hint3.SETS) + " |",
        "|---|---|---|---|",
    ]
    for name, cells in hint3.PUBLISHED.items():
        lines.append(f"| {name} | " + " | ".join(f"{a} / {b}" for a, b in cells) + " |")
    if public:
        at = round(100 * REFUSED)
        lines.append(
            "| Lumbar | "
            + " | ".join(f"{100 * public[one][1]:.1f} / {at}" for one in hint3.SETS)
            + " |"
        )
        lines.append(
            "| Lumbar, nothing refused | "
            + " | ".join(f"{100 * public[one][0]:.1f} / 0" for one in hint3.SETS)
            + " |"
        )
    else:
        lines += ["", "The sets were not on this machine, so Lumbar was not measured on them."]
    _picture(ratios)
    TEXT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return TEXT


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return (
        f"{psutil.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, {versions}"
    )


def _picture(ratios: Mapping[str, float]) -> None:
    names = list(ratios)[::-1]
    values = [ratios[name] for name in names]
    figure, axes = plt.subplots(figsize=(8, 4.5), constrained_layout=True)
    bars = axes.barh(names, values, color="#2a6f77")
    axes.bar_label(bars, [f"{value:.2f}" for value in values], padding=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 2)
    axes.set_title("Lumbar over stock Rasa, same examples (1 = the same)")
    RATIOS.parent.mkdir(exist_ok=True)
    figure.savefig(RATIOS, dpi=110)
    plt.close(figure)
