"""Pictures of how well messages are understood."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from lumbar.evaluation import FALLBACK, Measured, confusions, right_and_refused

MOST_CONFUSED = 20


def curves(measured: Sequence[Measured], threshold: float, path: Path) -> None:
    """Draw right answers over refused questions while the threshold moves."""
    figure, axes = plt.subplots(figsize=(7, 5), constrained_layout=True)
    for one in measured:
        points = np.array(
            [right_and_refused(one, step) for step in np.linspace(0, 0.95, 39)], dtype=float
        )
        if np.isnan(points).any():  # only questions with, or only without an answer
            continue
        (line,) = axes.plot(100 * points[:, 1], 100 * points[:, 0], label=one.name)
        right, refused = right_and_refused(one, threshold)
        axes.plot(100 * refused, 100 * right, "o", color=line.get_color())
    axes.set_xlabel("questions without an answer that are refused, %")
    axes.set_ylabel("questions with an answer that get it, %")
    axes.set_title(f"While abstain_below moves from 0 to 0.95; the dots: {threshold}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def confusion(measured: Measured, threshold: float, path: Path) -> None:
    """Draw what the labels that are most often wrong are taken for, in per cent of each."""
    right = [labels[0] for labels in measured.right]
    questions, confused = Counter(right), confusions(right, measured.placed(threshold))
    worst = sorted(questions, key=lambda label: -sum(confused[label].values()) / questions[label])
    worst = worst[:MOST_CONFUSED]
    columns = [*worst, FALLBACK]
    table = np.array(
        [[100 * confused[row][one] / questions[row] for one in columns] for row in worst]
    )
    figure, axes = plt.subplots(figsize=(10, 8), constrained_layout=True)
    image = axes.imshow(table, cmap="Blues")
    axes.set_xticks(range(len(columns)), columns, rotation=90)
    axes.set_yticks(range(len(worst)), worst)
    for row, column in zip(*np.nonzero(table >= 1), strict=True):
        axes.text(column, row, f"{table[row, column]:.0f}", ha="center", va="center", fontsize=7)
    axes.set_title("Per cent of a label's examples (row) taken for another (column)")
    figure.colorbar(image, shrink=0.6)
    figure.savefig(path, dpi=110)
    plt.close(figure)
