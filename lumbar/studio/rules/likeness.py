"""Examples that are more like those of another label than like those of their own.

Two judges, each of which has learnt from all examples but the one in question: a ridge
regression from sentence vectors to labels, and naive Bayes over words and pairs of words.
Both leave one out in closed form, so that 18,000 examples take half a second. Where together
they prefer another label by more than `MARGIN`, a person should look.

Only labels whose answer says something are judged: it does little harm to refuse what could
be answered, or to take a "thanks" for a "bye", and an emergency may come with any question.

Measured by putting 50 random examples under a wrong label of these, ten times: 35 of the 50
were flagged, 93 % of them with the label they came from, and 2 of the other 18,255 examples.
Nearest neighbours in place of the words flagged 18 of 50 at that price.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, count

import numpy as np

from lumbar.settings import settings
from lumbar.studio.rules.examples import FEW
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Example, Project

MARGIN = 1.05
RIDGE = 1.0
"""Penalty of the regression."""
WORDING = 0.07
"""Weight of the words beside the vectors."""
SMOOTHING = 0.25
"""Examples that a label is lent of what all labels have."""
FAQ = "faq/"
SAYING = ("compare_treatments", "human_handoff")

Tell = Callable[[str], None]


def check(project: Project, tell: Tell) -> Iterator[Finding]:
    """Yield examples that may belong to another label, once every file can be read.

    `tell` hears when it takes longer, because the examples were never read before.
    """
    examples = project.examples
    names, labels = np.unique([one.label for one in examples], return_inverse=True)
    judged = np.array([one.startswith(FAQ) or one in SAYING for one in names], bool)
    judged &= np.bincount(labels, minlength=len(names)) >= FEW
    if not project.whole or not judged.any():
        return
    vectors = _vectors([one.text for one in examples], tell)
    scores = by_vectors(vectors, labels) + WORDING * by_words(examples, labels)
    every = np.arange(len(examples))
    own = scores[every, labels]
    scores[every, labels] = -np.inf
    others = scores.argmax(axis=1)
    for place in np.flatnonzero(judged[labels] & (scores.max(axis=1) - own > MARGIN)):
        example, other = examples[place], names[others[place]]
        alike = np.flatnonzero(labels == others[place])
        nearest = examples[alike[(vectors[alike] @ vectors[place]).argmax()]]
        yield project.finding(
            "example-elsewhere",
            example.path,
            example.line,
            f"“{example.short}” of {example.label!r} is more like the examples of {other!r}, "
            f"such as “{nearest.short}” ({nearest.where}).",
            f"Move it to {other!r} if that is meant, or write it more clearly.",
            error=False,
        )


def by_vectors(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how much each of `vectors`, shape (examples, width), speaks for each of `labels`
    by all others, shape (examples, labels): about 1 for the right one and 0 for the rest."""
    inputs = np.hstack([vectors, np.ones((len(vectors), 1), np.float32)])
    targets = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    squares = (inputs.T @ inputs).astype(np.float64) + RIDGE * np.eye(inputs.shape[1])
    solved = inputs @ np.linalg.inv(squares).astype(np.float32)
    # Of a prediction, the share that the example itself contributed.
    own = np.einsum("ij,ij->i", solved, inputs)[:, None]
    return (solved @ (inputs.T @ targets) - own * targets) / (1 - own)


def by_words(examples: list[Example], labels: np.ndarray) -> np.ndarray:
    """Return the log probability of each example's words and pairs of words under each label
    by all others, with mean 0 and by the root of their number; shape (examples, labels)."""
    rows, features = _features(examples)
    size = np.maximum(np.bincount(rows, minlength=len(examples)), 1)
    # What one example has tells nothing without that example.
    shared = np.bincount(features) > 1
    kept = shared[features]
    rows, features = rows[kept], (shared.cumsum() - 1)[features[kept]]
    spread = np.bincount(features)
    width = labels.max() + 1
    found = np.bincount(features * width + labels[rows], minlength=len(spread) * width)
    found = found.reshape(len(spread), width)
    lent = (SMOOTHING / len(examples) * spread.astype(np.float32))[:, None]
    of_label = (np.bincount(labels) + SMOOTHING).astype(np.float32)
    chances = np.log(found.astype(np.float32) + lent) - np.log(of_label)
    scores = np.zeros((len(examples), width), np.float32)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    scores[rows[starts]] = np.add.reduceat(chances[features], starts)
    own = labels[rows]
    without = np.log(found[features, own] - 1 + lent[features, 0]) - np.log(of_label[own] - 1)
    change = np.bincount(rows, without - chances[features, own], minlength=len(examples))
    scores[np.arange(len(examples)), labels] += change
    scores /= np.sqrt(size)[:, None]
    return scores - scores.mean(axis=1, keepdims=True)


def _features(examples: list[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Return example and number of each word and pair of words, once an example, in order."""
    numbers: dict[str, int] = defaultdict(count(1).__next__)
    ended = [[0, *map(numbers.__getitem__, one.words)] for one in examples]
    words = np.array([*chain.from_iterable(ended), 0])
    rows = np.repeat(np.arange(len(examples)), [len(one) for one in ended])
    pairs = words[:-1] * len(words) + words[1:]
    single = words[:-1] > 0
    features = np.concatenate([pairs, -words[:-1][single]])
    _, features = np.unique(features, return_inverse=True)
    width = features.max() + 1
    both = np.unique(np.concatenate([rows, rows[single]]) * width + features)
    return both // width, both % width


def _vectors(texts: list[str], tell: Tell) -> np.ndarray:
    from lumbar.language.encoder import SentenceEncoder
    from lumbar.language.vectors import example_vectors

    folder = settings.build / "pipeline" / "sentence_encoder"
    if not list(settings.build.glob("vectors-*.npz")):
        tell("Reading the examples for the first time: about a minute.")
    if folder.is_dir():
        encoder = SentenceEncoder(folder)
    else:
        from lumbar.language import pipeline

        encoder = pipeline.encoder()
    return example_vectors(encoder, texts)
