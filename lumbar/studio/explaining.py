"""Tells why a message is understood as it is, and what led to the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language

from lumbar.documents import read_yaml
from lumbar.examples import read_examples
from lumbar.language import pipeline
from lumbar.language.intents import (
    EMERGENCY,
    FALLBACK,
    NON_ENGLISH,
    REFUSALS,
    SMALL_TALK,
    Decision,
    IntentModel,
)
from lumbar.language.redaction import redact
from lumbar.language.vectors import example_vectors
from lumbar.studio import served, versions

SHOWN = 5
"""Labels of the ranking, and examples."""


@dataclass(frozen=True)
class Why:
    """`ranking` holds (label, probability), `nearest` (example, label, cosine)."""

    redacted: str
    mended: str
    tokens: list[str]
    entities: list[tuple[str, str, str]]
    label: str
    ranking: list[tuple[str, float]]
    nearest: list[tuple[str, str, float]]
    reason: str


class Explainer:
    """Reads messages as the served version does."""

    def __init__(self, version: versions.Version) -> None:
        self._model: IntentModel = served.classifier()
        self._nlp: Language = pipeline.load()
        self._threshold = versions.threshold(version.folder)
        self._examples = read_examples(version.folder / "data")
        self._vectors = example_vectors(
            pipeline.encoder(), [self._model.spelling(text) for text, _ in self._examples]
        )

    def why(self, text: str) -> Why:
        redacted = redact(text)
        doc = self._nlp(redacted)
        decision = self._model.decide(doc, self._threshold)
        mended = self._model.spelling(redacted)
        likeness = self._vectors @ pipeline.encoder()([mended])[0]
        nearest = [(*self._examples[i], float(likeness[i])) for i in np.argsort(-likeness)[:SHOWN]]
        found = [(span.text, span.label_, span.kb_id_) for span in doc.ents]
        found += [
            (span.text, f"{span.label_}, general", span.kb_id_) for span in doc.spans["generic"]
        ]
        return Why(
            redacted,
            mended,
            [token.text for token in doc],
            found,
            decision.label,
            decision.ranking[:SHOWN],
            nearest,
            self._reason(decision),
        )

    def _reason(self, decision: Decision) -> str:
        chance = f"{100 * decision.chance:.0f} %"
        likeliest = decision.ranking[0][0]
        if decision.red_flags:
            return f"a red flag was found: {', '.join(decision.red_flags)}"
        if decision.label == NON_ENGLISH:
            return f"it is not in English ({decision.language or 'learnt from examples'})"
        if decision.label == FALLBACK:
            return (
                f"{likeliest} is likeliest, but right with a chance of {chance} only; "
                f"config.yml asks for {100 * self._needed(likeliest):.0f} %"
            )
        if decision.label in REFUSALS:
            return f"it is like examples that are refused; {likeliest} is likeliest"
        return (
            f"right with a chance of {chance}; config.yml asks for "
            f"{100 * self._needed(decision.label):.0f} %"
        )

    def _needed(self, label: str) -> float:
        halved = label in (EMERGENCY, *SMALL_TALK)
        return self._threshold / 2 if halved else self._threshold


def fired(
    folder: Path, label: str, actions: Sequence[tuple[str, str]], slots: Mapping[str, Any]
) -> str:
    """Return which rule of the version in `folder` led to `actions`.

    `actions` are (action, policy), `slots` those before the message.
    """
    if not actions:
        return "none"
    _, policy = actions[0]
    intent = label.partition("/")[0]
    rules = read_yaml(folder / "data" / "rules.yml")["rules"]
    fitting = [one for one in rules if _fits(one, intent, [name for name, _ in actions], slots)]
    # The more conditions a rule has, the more it is about this case.
    best = max(fitting, key=lambda one: len(one.get("condition", ())), default=None)
    return f"the rule “{best['rule']}”" if best else policy


def cited(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the facts that `messages` cite."""
    return [
        fact for message in messages for fact in (message.get("metadata") or {}).get("facts") or ()
    ]


def _fits(
    rule: Mapping[str, Any], intent: str, actions: Sequence[str], slots: Mapping[str, Any]
) -> bool:
    steps = rule["steps"]
    follows = [step["action"] for step in steps if "action" in step]
    if steps[0].get("intent") != intent or follows != list(actions):
        return False
    wanted = [slot for one in rule.get("condition", ()) for slot in one["slot_was_set"]]
    return all(slots.get(name) == value for one in wanted for name, value in one.items())
