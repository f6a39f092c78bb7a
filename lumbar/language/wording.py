"""Words and pieces of words as features, weighted by how rare they are (tf-idf).

Trained with scikit-learn's vectorizers; a single message is weighted here, in a fifth
of the time that their checks of one row take.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

WORDS_KEPT = 4096
"""Whose pieces need not be looked up again."""


@dataclass
class Wording:
    """`vocabularies` and `rarities` are those of pieces of words and of words."""

    vocabularies: list[list[str]]
    rarities: list[np.ndarray]

    @classmethod
    def fit(cls, texts: Sequence[str], few: bool) -> tuple["Wording", scipy.sparse.csr_matrix]:
        """Return the wording of `texts` and their features, shape (texts, width)."""
        vectorizers = _vectorizers(few)
        features = scipy.sparse.hstack([one.fit_transform(texts) for one in vectorizers])
        return cls(
            [one.get_feature_names_out().tolist() for one in vectorizers],
            [one.idf_ for one in vectorizers],
        ), features.tocsr()

    @property
    def width(self) -> int:
        return sum(map(len, self.vocabularies))

    def __call__(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices of the features that `text` has, and their values."""
        indices, values = [], []
        start = 0
        pieces = chain.from_iterable(map(self._pieces, text.split()))
        for found, rarity in zip((pieces, self._words(text)), self.rarities, strict=True):
            counts = Counter(found)
            own = np.fromiter(counts, np.int64, len(counts))
            often = np.fromiter(counts.values(), np.float64, len(counts))
            weighted = (1 + np.log(often)) * rarity[own]
            indices.append(own + start)
            values.append(weighted / (np.linalg.norm(weighted) or 1.0))
            start += len(rarity)
        return np.concatenate(indices), np.concatenate(values)

    @cached_property
    def _pieces(self) -> Callable[[str], "array[int]"]:
        """Find the pieces of a word, none of which reaches into another word."""
        return lru_cache(WORDS_KEPT)(self._places_of(0))

    @cached_property
    def _words(self) -> Callable[[str], "array[int]"]:
        return self._places_of(1)

    def _places_of(self, view: int) -> Callable[[str], "array[int]"]:
        analyze = _vectorizers(few=False)[view].build_analyzer()
        places = {term: place for place, term in enumerate(self.vocabularies[view])}
        return lambda text: array("i", [places[term] for term in analyze(text) if term in places])

    def __reduce__(self):
        return Wording, (self.vocabularies, self.rarities)


def _vectorizers(few: bool) -> list[TfidfVectorizer]:
    """Of many examples, what stands in one or two only is mostly noise."""
    return [
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 4), min_df=1 if few else 3, sublinear_tf=True
        ),
        TfidfVectorizer(
            ngram_range=(1, 2),
            min_df=1 if few else 2,
            sublinear_tf=True,
            token_pattern=r"\b\w+\b",
        ),
    ]
