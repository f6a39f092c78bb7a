"""Measures understanding: cross-validation, held-out questions, the refusal curve."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from lumbar.language import pipeline
from lumbar.language.intents import (
    EMERGENCY,
    FALLBACK,
    NON_ENGLISH,
    REFUSALS,
    Decision,
    IntentModel,
    doubtful,
)

FOLDS = 5
THRESHOLDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
FALSE_ALARM = "false alarm"
REFUSED = (*REFUSALS, FALLBACK)


@dataclass(frozen=True)
class Measured:
    """Questions with the labels that are right for each, and the decisions made at
    threshold 0, so that any threshold can be tried afterwards."""

    name: str
    texts: list[str]
    right: list[list[str]]
    decisions: list[Decision]

    def placed(self, threshold: float) -> list[str]:
        """Return the label of each question with `threshold` in force."""
        return [
            FALLBACK if doubtful(one.label, one.chance, threshold) else one.label
            for one in self.decisions
        ]


def read_questions(path: Path) -> list[tuple[str, list[str]]]:
    """Return (text, right labels) of a file of tab-separated text and labels."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], row[1].split("|")) for row in rows]


def shares_right(right: Sequence[Sequence[str]], placed: Sequence[str]) -> dict[str, float]:
    """Return the share of questions placed right, by group.

    A group is `faq` or the intent of the first right label; questions that should be
    refused are right with any refusal. `false alarm` is the share of the others that
    were taken for an emergency.
    """
    hits: dict[str, list[bool]] = defaultdict(list)
    for labels, label in zip(right, placed, strict=True):
        group = labels[0].partition("/")[0]
        refused = group in REFUSALS and label in REFUSED
        hits[group].append(label in labels or refused)
        if EMERGENCY not in labels:
            hits[FALSE_ALARM].append(label == EMERGENCY)
    return {group: sum(ones) / len(ones) for group, ones in hits.items()}


def right_and_refused(measured: Measured, threshold: float) -> tuple[float, float]:
    """Return the share right of questions with an answer, and refused of those without;
    NaN for a share of none."""
    right, refused = [], []
    for labels, label in zip(measured.right, measured.placed(threshold), strict=True):
        if labels[0] in REFUSALS:
            refused.append(label in REFUSED)
        else:
            right.append(label in labels)
    return (
        float(np.mean(right)) if right else math.nan,
        float(np.mean(refused)) if refused else math.nan,
    )


def calibration(measured: Measured) -> str:
    """Return what `intents.CHANCE` would be, fitted anew on cross-validated decisions."""
    judged = [
        (decision.evidence, decision.label in labels)
        for labels, decision in zip(measured.right, measured.decisions, strict=True)
        if decision.label not in (*REFUSALS, EMERGENCY, NON_ENGLISH)
    ]
    fitted = LogisticRegression(C=10).fit(*zip(*judged, strict=True))
    weights = ", ".join(f"{weight:.2f}" for weight in fitted.coef_[0])
    return f"CHANCE = ({weights}), CHANCE_OFFSET = {fitted.intercept_[0]:.2f}"


def cross_validate(examples: Sequence[tuple[str, str]]) -> Iterator[Measured]:
    """Yield each fold of `examples`, measured by a model trained on the others."""
    texts = [text for text, _ in examples]
    labels = [label for _, label in examples]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for number, (train, test) in enumerate(folds.split(texts, labels), 1):
        model = fit([examples[index] for index in train])
        yield measure(model, f"fold {number}", [(texts[i], [labels[i]]) for i in test])


def measure(model: IntentModel, name: str, questions: Sequence[tuple[str, list[str]]]) -> Measured:
    nlp = pipeline.load()
    texts = [text for text, _ in questions]
    decisions = [model.decide(doc, 0.0) for doc in nlp.pipe(texts)]
    return Measured(name, texts, [labels for _, labels in questions], decisions)


def fit(examples: Sequence[tuple[str, str]]) -> IntentModel:
    """Return a model trained on `examples`."""
    return IntentModel.fit(
        [text for text, _ in examples],
        [label for _, label in examples],
    )


def curve(measured: Measured) -> list[str]:
    """Return the lines of a table: right answers and refusals over the threshold."""
    groups = sorted(shares_right(measured.right, measured.placed(0.0)))
    lines = [f"| threshold | {' | '.join(groups)} |", "|---" * (len(groups) + 1) + "|"]
    for threshold in THRESHOLDS:
        shares = shares_right(measured.right, measured.placed(threshold))
        cells = " | ".join(f"{100 * shares[group]:.1f}" for group in groups)
        lines.append(f"| {threshold:.2f} | {cells} |")
    return lines


def confusions(right: Sequence[str], placed: Sequence[str]) -> dict[str, Counter[str]]:
    """Return how often each label was taken for which other."""
    confused: dict[str, Counter[str]] = defaultdict(Counter)
    for truth, label in zip(right, placed, strict=True):
        if truth != label:
            confused[truth][label] += 1
    return confused


def per_label(measured: Measured, threshold: float) -> list[str]:
    """Return the lines of a table: precision, recall and what each label is confused with."""
    placed = measured.placed(threshold)
    right = [labels[0] for labels in measured.right]
    questions, confused = Counter(right), confusions(right, placed)
    lines = ["| label | questions | precision | recall | taken for |", "|---|---|---|---|---|"]
    for label in sorted(questions):
        hits = questions[label] - sum(confused[label].values())
        taken = ", ".join(f"{other} {count}" for other, count in confused[label].most_common(3))
        precision = 100 * hits / max(1, placed.count(label))
        recall = 100 * hits / questions[label]
        lines.append(f"| {label} | {questions[label]} | {precision:.0f} | {recall:.0f} | {taken} |")
    return lines


def joined(name: str, parts: Sequence[Measured]) -> Measured:
    """Return `parts` as one."""
    return Measured(
        name,
        [text for part in parts for text in part.texts],
        [labels for part in parts for labels in part.right],
        [decision for part in parts for decision in part.decisions],
    )
