"""Mends misspelt words into words that patients use.

Both the sentence encoder and the words are blind to "recovry": what is in no
English dictionary, and was not typed by several people, becomes the word of the
training examples that is one slip away (two for long words).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

TYPED_BY_SEVERAL = 3
"""Examples that hold a word before it counts as one."""
NAME = 8
"""Examples after which a word that is in no dictionary is a name: "laminectomy"."""
SHORTEST = 4
LONG = 8
"""Letters from which a word may hold two slips."""

WORD = re.compile(r"[^\W\d_]+")


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """Return in how many of `texts` each lower-cased word stands."""
    return Counter(word for text in texts for word in set(WORD.findall(text.lower())))


class Spelling:
    """Callable that returns a text with its slips mended; `counts` as of `word_counts`."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = {word: n for word, n in counts.items() if n >= TYPED_BY_SEVERAL}
        self._by_length: dict[int, list[str]] = {}
        for word, count in self.counts.items():
            if len(word) >= SHORTEST and (word in _english() or count >= NAME):
                self._by_length.setdefault(len(word), []).append(word)
        self._mended = lru_cache(maxsize=20_000)(self._mend)

    def __reduce__(self):
        return Spelling, (self.counts,)

    def __call__(self, text: str) -> str:
        return WORD.sub(lambda match: self._mended(match[0].lower()) or match[0], text)

    def _mend(self, word: str) -> str | None:
        """Return what `word` is a slip of, or None when it is fine or beyond mending."""
        if len(word) < SHORTEST or word in self.counts or word in _english():
            return None
        slips = 2 if len(word) >= LONG else 1
        lengths = range(len(word) - slips, len(word) + slips + 1)
        near = process.extract(
            word,
            [other for length in lengths for other in self._by_length.get(length, ())],
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=None,
        )
        likely = [
            (far, -self.counts[one], one) for one, far, _ in near if far == 1 or one[0] == word[0]
        ]
        return min(likely)[2] if likely else None


@lru_cache(maxsize=1)
def _english() -> SpellChecker:
    return SpellChecker(language="en")
