"""HINT3 (Arora et al., 2020): real users' messages to three shops' and games' bots.

Its messages are of no use to patients; they show what the classifier, unchanged, makes
of messy ones, and how well it knows what it does not know.
"""

import csv
from pathlib import Path

from benchmarks.accuracy import right_at_same_refusal
from lumbar import evaluation
from lumbar.settings import ROOT

FOLDER = ROOT.parent / "shared" / "benchmarks" / "hint3"
SETS = ("sofmattress", "curekart", "powerplay11")
TO_BE_REFUSED = "NO_NODES_DETECTED"

PUBLISHED = {
    "Rasa (DIET)": ((68, 10), (84, 6), (46, 26)),
    "Dialogflow": ((73, 57), (75, 57), (60, 27)),
}
"""In-scope accuracy and out-of-scope recall, per cent, in the order of `SETS`."""


def accuracy(name: str) -> tuple[float, float]:
    """Return the in-scope accuracy without refusal, and where `accuracy.REFUSED` are."""
    questions = [(text, [label]) for text, label in _read(FOLDER / f"{name}_test.csv")]
    model = evaluation.fit(_read(FOLDER / f"{name}_train.csv"))
    measured = evaluation.measure(model, name, questions)
    # The ranking, not the label: the sets know no emergencies and no other languages.
    labels = [decision.ranking[0][0] for decision in measured.decisions]
    in_scope = [
        label in right
        for right, label in zip(measured.right, labels, strict=True)
        if right != [TO_BE_REFUSED]
    ]
    chances = [decision.chance for decision in measured.decisions]
    at_refusal = right_at_same_refusal(measured.right, labels, chances, (TO_BE_REFUSED,))
    return sum(in_scope) / len(in_scope), at_refusal


def _read(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [(row["sentence"], row["label"]) for row in csv.DictReader(lines)]
