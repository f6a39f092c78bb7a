"""One decision for intent, FAQ key and abstention.

A linear support vector machine over three views of a message, side by side: the
sentence vector (what is meant), words and pieces of words (names, idioms), and
which treatments the matcher found. `docs/understanding.md` holds what each view
adds.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse
from joblib import parallel_backend
from scipy.special import expit, softmax
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC
from spacy.tokens import Doc

from lumbar.language import pipeline
from lumbar.language.clauses import clauses
from lumbar.language.encoder import WIDTH, SentenceEncoder
from lumbar.language.language_id import language_scores
from lumbar.language.red_flags import red_flags
from lumbar.language.spelling import WORD, Spelling, word_counts
from lumbar.language.vectors import example_vectors
from lumbar.language.wording import Wording

EMERGENCY = "emergency"
FALLBACK = "nlu_fallback"
NON_ENGLISH = "non_english"
REFUSALS = ("not_covered", "out_of_scope")

SMALL_TALK = (
    *("greet", "goodbye", "thank", "bot_challenge", "help", "affirm", "deny"),
    *("ask_source", "ask_more", "repeat"),
)
COMPARISON = "compare_treatments"

OF_OTHERS_TOO = frozenset(
    f"faq/{key}"
    for key in (
        *("what_is_mild", "what_is_lss", "evidence", "come_back", "aftercare", "candidacy", "age"),
        *("avoid_surgery", "find_specialist"),
    )
)
"""Keys whose questions may well name other treatments: "shots stopped helping, am I a
candidate?" Any other key, one that editors teach too, is ruled out for a message that names
other treatments and not MILD: the answer would be about the wrong one."""

TEMPERATURE = 3.0
"""Sharpens the distances of the classes into probabilities. It only sets the scale
of the threshold: the order of the labels does not depend on it."""

NEAREST = 3
"""Training examples whose likeness to a message is averaged."""

FEW = 1000
"""Examples up to which every word and piece of a word is kept, counts for half of
the vector, and rare labels weigh as much as frequent ones."""

CHANCE = (2.08, 6.00, -5.77, -4.21)
CHANCE_OFFSET = 2.98
"""Logistic regression that turns log probability, likeness to the nearest examples of
the label and of the refusals, and probability of the refusals into the chance that
the label is right; fitted on cross-validated decisions by `make evaluate`, which
prints it."""

SIGN = 0.6
"""Distance on the side of `emergency` from which a single clause is a red flag."""

MATCHER_WEIGHT = 0.3
"""Of the matcher's findings, beside vectors of length one."""

FOREIGN_ENGLISH = 0.2
FOREIGN_KNOWN_WORDS = 0.4
"""A message is foreign when English is less likely than the one and at most this
share of its words is known: 134 of 135 foreign and 3 of 1,427 English ones."""

_COMPARING = re.compile(r"\b(?:than|compared|versus|vs|instead|cheaper)\b")


class Evidence(NamedTuple):
    """What speaks for a label: its log probability, the mean cosine to the nearest
    examples of it and of the refusals, and the probability of the refusals."""

    log_probability: float
    nearness: float
    nearness_of_refusals: float
    refusals: float


class TrainingError(Exception):
    """The examples cannot train a classifier; the text says why and what to do."""


@dataclass(frozen=True)
class Decision:
    """What a message was taken for.

    `label` is an intent, `faq/<key>` or `nlu_fallback`; `ranking` holds every
    label with its probability, the likeliest first; `chance` that it is right is held
    against the threshold.
    """

    label: str
    confidence: float
    ranking: list[tuple[str, float]]
    chance: float
    evidence: Evidence
    language: str | None = None
    red_flags: list[str] = field(default_factory=list)


@dataclass
class IntentModel:
    """`weights` (features, classes) and `offsets` (classes) are the machine's,
    `vectors` (examples, WIDTH) and `labels` (examples) the training examples'."""

    wording: Wording
    word_weight: float
    classes: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    vectors: np.ndarray
    labels: np.ndarray
    spelling: Spelling

    @cached_property
    def _encoder(self) -> SentenceEncoder:
        return pipeline.encoder()

    @cached_property
    def _by_label(self) -> dict[str, np.ndarray]:
        return {
            label: self.vectors[self.labels == label].astype(np.float32)
            for label in np.unique(self.labels)
        }

    @cached_property
    def _parts(self) -> list[np.ndarray]:
        """The weights of words, of the sentence vector and of what the matcher finds."""
        return np.split(self.weights, [self.wording.width, self.wording.width + WIDTH])

    @cached_property
    def _emergency(self) -> int | None:
        """The class's place."""
        places = np.flatnonzero(self.classes == EMERGENCY)
        return int(places[0]) if len(places) else None

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str]) -> "IntentModel":
        """Train on `texts` with one of `labels` each.

        Raises:
            TrainingError: fewer than two labels.
        """
        if len(set(labels)) < 2:
            raise TrainingError(
                "The training data holds fewer than two intents. Add examples of at least "
                "two under data/."
            )
        few = len(texts) <= FEW
        spelling = spelling_of(texts, labels)
        mended = [spelling(text) for text in texts]
        wording, written = Wording.fit(mended, few)
        word_weight = 0.5 if few else 1.0
        found = np.array([_found(doc) for doc in pipeline.load().pipe(texts)])
        vectors = example_vectors(pipeline.encoder(), mended)
        support = LinearSVC(C=0.5, tol=0.01, class_weight="balanced" if few else None)
        machine = OneVsRestClassifier(support, n_jobs=-1)
        with parallel_backend("threading"):
            machine.fit(_side_by_side(word_weight * written, vectors, found), labels)
        weights = np.vstack([one.coef_ for one in machine.estimators_])
        offsets = np.hstack([one.intercept_ for one in machine.estimators_])
        if len(machine.classes_) == 2:  # one machine tells both labels apart
            weights, offsets = np.vstack([-weights, weights]), np.hstack([-offsets, offsets])
        return cls(
            wording,
            word_weight,
            machine.classes_,
            np.ascontiguousarray(weights.T, np.float32),
            offsets.astype(np.float32),
            vectors.astype(np.float16),
            np.array(labels),
            spelling,
        )

    def decide(self, doc: Doc, threshold: float) -> Decision:
        """Return what `doc` is about; below `threshold`, `nlu_fallback`."""
        text = self.spelling(doc.text)
        vector = self._encoder([text])[0]
        ranking = self._ranking(doc, text, vector)
        label, confidence = ranking[0]
        of_mild_alone = label.startswith("faq/") and label not in OF_OTHERS_TOO
        if of_mild_alone and _of_others_alone(doc):
            elsewhere = (one for one in ranking if one[0] in (COMPARISON, *REFUSALS))
            label, confidence = next(elsewhere, ranking[0])
        evidence = self._evidence(label, confidence, ranking, vector)
        chance = float(expit(np.dot(CHANCE, evidence) + CHANCE_OFFSET))
        language = self._foreign_language(doc)
        flags = doc._.red_flags or (red_flags(text) if text != doc.text else [])
        if not flags and label != EMERGENCY and self._sign_in_a_clause(text):
            flags = ["clause"]
        if flags:
            label, confidence = EMERGENCY, 1.0
        elif language:
            label, confidence = NON_ENGLISH, 1.0
        elif doubtful(label, chance, threshold):
            label, confidence = FALLBACK, 1.0 - confidence
        return Decision(label, confidence, ranking, chance, evidence, language, flags)

    def nearest(self, doc: Doc, labels: Iterable[str]) -> tuple[str, float]:
        """Return that of `labels` whose examples are nearest to `doc`, and the chance that it
        is right."""
        text = self.spelling(doc.text)
        vector = self._encoder([text])[0]
        label = max(labels, key=lambda one: self._nearness(vector, [one]))
        ranking = self._ranking(doc, text, vector)
        evidence = self._evidence(label, dict(ranking)[label], ranking, vector)
        return label, float(expit(np.dot(CHANCE, evidence) + CHANCE_OFFSET))

    def _ranking(self, doc: Doc, text: str, vector: np.ndarray) -> list[tuple[str, float]]:
        distances = self._distances(text, vector, np.array(_found(doc)))
        probabilities = softmax(TEMPERATURE * distances)
        order = probabilities.argsort()[::-1]
        return [(str(self.classes[i]), float(probabilities[i])) for i in order]

    def _evidence(
        self, label: str, probability: float, ranking: list[tuple[str, float]], vector: np.ndarray
    ) -> Evidence:
        return Evidence(
            float(np.log(probability)),
            self._nearness(vector, [label]),
            self._nearness(vector, REFUSALS),
            sum(share for name, share in ranking if name in REFUSALS),
        )

    def _distances(self, text: str, vector: np.ndarray, found: np.ndarray) -> np.ndarray:
        """Return how far `text` lies on the side of each label, shape (classes)."""
        of_words, of_vector, of_found = self._parts
        indices, values = self.wording(text)
        return (
            self.word_weight * values @ of_words[indices]
            + vector @ of_vector
            + MATCHER_WEIGHT * found @ of_found
            + self.offsets
        )

    def _sign_in_a_clause(self, text: str) -> bool:
        """Whether a clause of `text`, alone, is a red flag."""
        parts = clauses(text)
        if not parts or self._emergency is None:
            return False
        of_words, of_vector, _ = (weights[:, self._emergency] for weights in self._parts)
        told = [values @ of_words[indices] for indices, values in map(self.wording, parts)]
        meant = self._encoder(parts) @ of_vector
        distances = self.word_weight * np.array(told) + meant + self.offsets[self._emergency]
        return bool((distances > SIGN).any())

    def _nearness(self, vector: np.ndarray, labels: Sequence[str]) -> float:
        """Return the mean cosine to the nearest examples of `labels`; 0 without any."""
        near = [
            np.sort(self._by_label[one] @ vector)[-NEAREST:]
            for one in labels
            if one in self._by_label
        ]
        return float(np.sort(np.concatenate(near))[-NEAREST:].mean()) if near else 0.0

    def save(self, folder: Path) -> None:
        """Write plain arrays and names, which load fast and can run no code."""
        names = {
            "vocabularies": self.wording.vocabularies,
            "word_weight": self.word_weight,
            "word_counts": self.spelling.counts,
        }
        (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
        np.savez(
            folder / "arrays.npz",
            classes=self.classes,
            weights=self.weights,
            offsets=self.offsets,
            vectors=self.vectors,
            labels=self.labels,
            **{f"rarity_{i}": rarity for i, rarity in enumerate(self.wording.rarities)},
        )

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        arrays = np.load(folder / "arrays.npz", allow_pickle=False)
        vocabularies = names["vocabularies"]
        return cls(
            Wording(vocabularies, [arrays[f"rarity_{i}"] for i in range(len(vocabularies))]),
            names["word_weight"],
            arrays["classes"],
            arrays["weights"],
            arrays["offsets"],
            arrays["vectors"],
            arrays["labels"],
            Spelling(names["word_counts"]),
        )

    def _foreign_language(self, doc: Doc) -> str | None:
        words = WORD.findall(doc.text.lower())
        if not words or (len(words) == 1 and words[0].isascii()):
            return None
        known = sum(word in self.spelling.counts for word in words) / len(words)
        if known > FOREIGN_KNOWN_WORDS:
            return None
        scores = language_scores(doc.text)
        return next(iter(scores)) if scores["en"] < FOREIGN_ENGLISH else None


def spelling_of(texts: Iterable[str], labels: Iterable[str]) -> Spelling:
    """Return the spelling of the English ones among the examples."""
    pairs = zip(texts, labels, strict=True)
    return Spelling(word_counts(text for text, label in pairs if label != NON_ENGLISH))


def doubtful(label: str, chance: float, threshold: float) -> bool:
    """Whether to ask back instead of taking a message for `label`.

    A refusal needs no certainty. A missed emergency is worse than a false alarm, and
    a "thank you" misheard does no harm, so these are doubted at half the threshold.
    """
    if label in (*REFUSALS, NON_ENGLISH):
        return False
    return chance < (threshold / 2 if label in (EMERGENCY, *SMALL_TALK) else threshold)


def _of_others_alone(doc: Doc) -> bool:
    """Whether `doc` names treatments, but neither MILD nor "this" nor a comparison."""
    named = {token.i for ent in doc.ents if ent.label_ == "treatment" for token in ent}
    this = any(token.lower_ == "this" and token.i + 1 not in named for token in doc)
    comparing = _COMPARING.search(doc.text.lower())
    return bool(named) and "mild" not in _treatments(doc) and not this and not comparing


def _treatments(doc: Doc) -> set[str]:
    return {ent.kb_id_ for ent in doc.ents if ent.label_ == "treatment"}


def _found(doc: Doc) -> list[float]:
    """Which treatments and attributes `doc` names, alone and together, as ones and zeros."""
    table = doc._.table
    treatments = _treatments(doc)
    attributes = {ent.kb_id_ for ent in doc.ents if ent.label_ == "attribute"}
    others = bool(treatments - {"mild"})
    return [
        *(float(name in treatments) for name in table.treatments),
        *(float(name in attributes) for name in table.attributes),
        *(float(others and name in attributes) for name in table.attributes),
        float(others),
        float(others and "mild" in treatments),
        float(len(treatments) > 1),
        float(bool(doc.spans["generic"])),
        float(bool(doc._.red_flags)),
    ]


def _side_by_side(written, vectors, found):
    return scipy.sparse.hstack(
        [written, scipy.sparse.csr_matrix(vectors), scipy.sparse.csr_matrix(MATCHER_WEIGHT * found)]
    ).tocsr()
