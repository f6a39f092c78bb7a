"""Accuracy and refusal at the same operating point, whatever a model's own threshold."""

from collections.abc import Sequence
from typing import Any

import numpy as np

REFUSED = 0.7
"""Share of the questions without an answer that both are made to refuse."""
WITHOUT_ANSWER = ("not_covered", "out_of_scope")


def label_and_confidence(parse: dict[str, Any]) -> tuple[str, float]:
    """Return what a parse says before any fallback: the likeliest label, and how sure."""
    ranking = [one for one in parse["intent_ranking"] if one["name"] != "nlu_fallback"]
    best = max(ranking, key=lambda one: one["confidence"])
    selectors = parse["response_selector"]
    # Stock Rasa's one selector for all retrieval intents answers under "default".
    selector = selectors.get(best["name"]) or selectors.get("default", {})
    retrieval = best["name"] in selectors.get("all_retrieval_intents", [])
    selected = selector.get("response", {}) if retrieval else {}
    if not selected.get("intent_response_key"):
        return best["name"], best["confidence"]
    return selected["intent_response_key"], best["confidence"] * selected["confidence"]


def right_at_same_refusal(
    right: Sequence[Sequence[str]],
    labels: Sequence[str],
    confidences: Sequence[float],
    without_answer: Sequence[str] = WITHOUT_ANSWER,
) -> float:
    """Return the share of questions with an answer that get it, when as many of the
    others are refused as `REFUSED` says."""
    threshold = np.quantile(
        [
            0.0 if label in without_answer else confidence
            for truth, label, confidence in zip(right, labels, confidences, strict=True)
            if truth[0] in without_answer
        ],
        REFUSED,
    )
    return float(
        np.mean(
            [
                label in truth and confidence > threshold
                for truth, label, confidence in zip(right, labels, confidences, strict=True)
                if truth[0] not in without_answer
            ]
        )
    )
