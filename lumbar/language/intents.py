"""One decision for intent, FAQ key and abstention.

A linear support vector machine over three views of a message, side by side: the
sentence vector (what is meant), words and pieces of words (typos, names), and
which treatments the matcher found. `docs/understanding.md` holds what each view
adds.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.sparse
from joblib import parallel_backend
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_union
from sklearn.svm import LinearSVC
from spacy.language import Language
from spacy.tokens import Doc

from lumbar import content
from lumbar.language.encoder import SentenceEncoder
from lumbar.language.vectors import example_vectors

EMERGENCY = "emergency"
FALLBACK = "nlu_fallback"
NON_ENGLISH = "non_english"
REFUSALS = ("not_covered", "out_of_scope")

SMALL_TALK = (
    *("greet", "goodbye", "thank", "bot_challenge", "help", "affirm", "deny"),
    *("ask_source", "ask_more", "repeat"),
)
COMPARISON = "compare_treatments"

OF_MILD_ALONE = frozenset(
    f"faq/{key}"
    for key in (
        *("duration", "recovery_time", "return_to_activity", "when_improvement", "benefits"),
        *("procedure_length", "procedure_steps", "same_day_home", "implants", "risks_safety"),
        *("success_rate", "coverage", "cost", "fda", "spinal_stability", "results_imaging"),
    )
)
"""Keys that are ruled out for a message that names other treatments and not MILD:
the answer would be about the wrong one. The other keys may well mention those:
"shots stopped helping, am I a candidate?" """

TEMPERATURE = 3.0
"""Sharpens the distances of the classes into probabilities. It only sets the scale
of the threshold: the order of the labels does not depend on it."""

NEAREST = 3
"""Training examples whose likeness to a message is averaged."""

FEW = 500
"""Examples up to which every word and piece of a word counts."""

MATCHER_WEIGHT = 0.3
"""Of the matcher's findings, beside vectors of length one."""

FOREIGN_ENGLISH = 0.2
FOREIGN_KNOWN_WORDS = 0.4
"""A message is foreign when English is less likely than the one and at most this
share of its words is known: 134 of 135 foreign and 3 of 1,427 English ones."""

_COMPARING = re.compile(r"\b(?:than|compared|versus|vs|instead|cheaper)\b")

_WORD = re.compile(r"[^\W\d_]+")


class TrainingError(Exception):
    """The examples cannot train a classifier; the text says why and what to do."""


@dataclass(frozen=True)
class Decision:
    """What a message was taken for.

    `label` is an intent, `faq/<key>` or `nlu_fallback`; `ranking` holds every
    label with its probability, the likeliest first; `score` is the figure held
    against the threshold, `nearness` the mean cosine to the nearest examples.
    """

    label: str
    confidence: float
    ranking: list[tuple[str, float]]
    score: float
    nearness: float
    language: str | None = None
    red_flags: list[str] = field(default_factory=list)


@dataclass
class IntentModel:
    """`weights` (classes, features) and `offsets` (classes) are the machine's,
    `vectors` (examples, WIDTH) and `labels` (examples) the training examples'."""

    words: FeatureUnion
    classes: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    vectors: np.ndarray
    labels: np.ndarray
    known_words: frozenset[str]

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[str], nlp: Language, encoder: SentenceEncoder
    ) -> "IntentModel":
        """Train on `texts` with one of `labels` each.

        Raises:
            TrainingError: fewer than two labels.
        """
        if len(set(labels)) < 2:
            raise TrainingError(
                "The training data holds fewer than two intents. Add examples of at least "
                "two under data/."
            )
        lowered = [text.lower() for text in texts]
        words = make_union(*_vectorizers(len(texts)))
        written = words.fit_transform(lowered)
        with nlp.select_pipes(disable="language_id"):
            found = np.array([_found(doc) for doc in nlp.pipe(texts)])
        vectors = example_vectors(encoder, texts)
        machine = OneVsRestClassifier(LinearSVC(C=0.5, tol=0.01), n_jobs=-1)
        with parallel_backend("threading"):
            machine.fit(_side_by_side(written, vectors, found), labels)
        counts = Counter(
            word
            for text, label in zip(lowered, labels, strict=True)
            if label != NON_ENGLISH
            for word in set(_WORD.findall(text))
        )
        known = frozenset(word for word, count in counts.items() if count > 1)
        weights = np.vstack([one.coef_ for one in machine.estimators_])
        offsets = np.hstack([one.intercept_ for one in machine.estimators_])
        if len(machine.classes_) == 2:  # one machine tells both labels apart
            weights, offsets = np.vstack([-weights, weights]), np.hstack([-offsets, offsets])
        return cls(
            words,
            machine.classes_,
            weights.astype(np.float32),
            offsets.astype(np.float32),
            vectors.astype(np.float16),
            np.array(labels),
            known,
        )

    def decide(self, doc: Doc, threshold: float) -> Decision:
        """Return what `doc` is about; below `threshold`, `nlu_fallback`."""
        vector = np.asarray(doc.vector)
        row = _side_by_side(
            self.words.transform([doc.text.lower()]), vector[np.newaxis], np.array([_found(doc)])
        )
        distances = self.weights[:, row.indices] @ row.data + self.offsets
        probabilities = softmax(TEMPERATURE * distances)
        order = probabilities.argsort()[::-1]
        ranking = [(str(self.classes[i]), float(probabilities[i])) for i in order]
        label, confidence = ranking[0]
        if label in OF_MILD_ALONE and _of_others_alone(doc):
            elsewhere = (one for one in ranking if one[0] in (COMPARISON, *REFUSALS))
            label, confidence = next(elsewhere, ranking[0])
        nearest = self.vectors[self.labels == label].astype(np.float32) @ vector
        nearness = float(np.sort(nearest)[-NEAREST:].mean())
        score = confidence * nearness
        language = self._foreign_language(doc)
        if doc._.red_flags:
            label, confidence = EMERGENCY, 1.0
        elif language:
            label, confidence = NON_ENGLISH, 1.0
        elif doubtful(label, score, threshold):
            label, confidence = FALLBACK, 1.0 - confidence
        return Decision(label, confidence, ranking, score, nearness, language, doc._.red_flags)

    def save(self, folder: Path) -> None:
        """Write plain arrays and names, which load fast and can run no code."""
        vectorizers = [vectorizer for _, vectorizer in self.words.transformer_list]
        names = {
            "vocabularies": [
                vectorizer.get_feature_names_out().tolist() for vectorizer in vectorizers
            ],
            "known_words": sorted(self.known_words),
        }
        (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
        np.savez(
            folder / "arrays.npz",
            classes=self.classes,
            weights=self.weights,
            offsets=self.offsets,
            vectors=self.vectors,
            labels=self.labels,
            **{f"rarity_{i}": vectorizer.idf_ for i, vectorizer in enumerate(vectorizers)},
        )

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        arrays = np.load(folder / "arrays.npz", allow_pickle=False)
        vectorizers = _vectorizers()
        for i, (vectorizer, vocabulary) in enumerate(
            zip(vectorizers, names["vocabularies"], strict=True)
        ):
            vectorizer.vocabulary = {word: index for index, word in enumerate(vocabulary)}
            vectorizer.idf_ = arrays[f"rarity_{i}"]
        return cls(
            make_union(*vectorizers),
            arrays["classes"],
            arrays["weights"],
            arrays["offsets"],
            arrays["vectors"],
            arrays["labels"],
            frozenset(names["known_words"]),
        )

    def _foreign_language(self, doc: Doc) -> str | None:
        words = _WORD.findall(doc.text.lower())
        if not words or (len(words) == 1 and words[0].isascii()):
            return None
        known = sum(word in self.known_words for word in words) / len(words)
        if doc._.languages["en"] < FOREIGN_ENGLISH and known <= FOREIGN_KNOWN_WORDS:
            return str(next(iter(doc._.languages)))
        return None


def doubtful(label: str, score: float, threshold: float) -> bool:
    """Whether to ask back instead of taking a message for `label`.

    A refusal needs no certainty. A missed emergency is worse than a false alarm, and
    a "thank you" misheard does no harm, so these are doubted at half the threshold.
    """
    if label in (*REFUSALS, NON_ENGLISH):
        return False
    return score < (threshold / 2 if label in (EMERGENCY, *SMALL_TALK) else threshold)


def _of_others_alone(doc: Doc) -> bool:
    """Whether `doc` names treatments, but neither MILD nor "this" nor a comparison."""
    named = {token.i for ent in doc.ents if ent.label_ == "treatment" for token in ent}
    this = any(token.lower_ == "this" and token.i + 1 not in named for token in doc)
    comparing = _COMPARING.search(doc.text.lower())
    return bool(named) and "mild" not in _treatments(doc) and not this and not comparing


def _vectorizers(examples: int = 0) -> list[TfidfVectorizer]:
    """Return vectorizers of word pieces and of words, for so many examples.

    Of thousands, what stands in one or two only is mostly noise.
    """
    many = examples > FEW
    return [
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 4), min_df=3 if many else 1, sublinear_tf=True
        ),
        TfidfVectorizer(
            ngram_range=(1, 2),
            min_df=2 if many else 1,
            sublinear_tf=True,
            token_pattern=r"\b\w+\b",
        ),
    ]


def _treatments(doc: Doc) -> set[str]:
    return {ent.kb_id_ for ent in doc.ents if ent.label_ == "treatment"}


def _found(doc: Doc) -> list[float]:
    """Which treatments and attributes `doc` names, alone and together, as ones and zeros."""
    table = content.load().treatments
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
