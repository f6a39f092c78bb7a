"""HINT3 (Arora et al., 2020): real users' messages to three shops' and games' bots.

Its messages are of no use to patients; they show what the classifier, unchanged, makes
of messy ones, and how well it knows what it does not know.
"""

import csv
from pathlib import Path

import numpy as np

from lumbar import evaluation
from lumbar.settings import ROOT

FOLDER = ROOT.parent / "shared" / "benchmarks" / "hint3"
SETS = ("sofmattress", "curekart", "powerplay11")
TO_BE_REFUSED = "NO_NODES_DETECTED"
REFUSED = 0.7
"""Share of the messages without an intent that is refused where accuracy is read."""

PUBLISHED = {
    "Rasa (DIET)": ((68, 10), (84, 6), (46, 26)),
    "Dialogflow": ((73, 57), (75, 57), (60, 27)),
}
"""In-scope accuracy and out-of-scope recall, per cent, in the order of `SETS`."""


def accuracy(name: str) -> tuple[float, float]:
    """Return the in-scope accuracy without refusal, and where `REFUSED` are refused."""
    questions = [(text, [label]) for text, label in _read(FOLDER / f"{name}_test.csv")]
    model = evaluation.fit(_read(FOLDER / f"{name}_train.csv"))
    measured = evaluation.measure(model, name, questions)
    # The ranking, not the label: the sets know no emergencies and no other languages.
    labels = np.array([decision.ranking[0][0] for decision in measured.decisions])
    chances = np.array([decision.chance for decision in measured.decisions])
    truths = np.array([labels[0] for labels in measured.right])
    foreign = truths == TO_BE_REFUSED
    right = (labels == truths)[~foreign]
    threshold = np.quantile(chances[foreign], REFUSED)
    return float(right.mean()), float((right & (chances[~foreign] > threshold)).mean())


def _read(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [(row["sentence"], row["label"]) for row in csv.DictReader(lines)]
