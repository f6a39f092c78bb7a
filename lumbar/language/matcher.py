"""Finds treatments and attributes in a text, whatever patients call them.

A typo is mended into `token.norm_` before matching, so that "epidurel" and
"laminectamy" are found by the names in `content/treatments.yml`.
"""

import re
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from lumbar import content

MENDED_LENGTH = 5
"""Shorter words are too near to other words to be mended."""

LETTERS_PER_TYPO = 4
"""A word of eight letters may hold two typos, of five to seven one."""


_DOTTED = re.compile(r"(?:\w\.)+\w?")
"""Letters with a dot each: "m.i.l.d.", "e.s.i"."""


class TreatmentMatcher:
    """spaCy component: sets `doc.ents` with labels `treatment` and `attribute`.

    `kb_id_` is the canonical value. `doc.spans["generic"]` holds treatments meant
    only where treatments are being compared ("surgery"). `doc._.table` is what was known.
    """

    def __init__(self, nlp: Language) -> None:
        self.table = table = content.load().treatments
        self.unmended = set(table.never_mended)
        self.not_after_mild = set(table.treatments["mild"].not_before)
        self.vocabulary: set[str] = set()
        self.matchers = {}
        for label, entries in (
            ("treatment", {key: entry.names for key, entry in table.treatments.items()}),
            ("generic", {key: entry.generic for key, entry in table.treatments.items()}),
            ("attribute", {key: entry.names for key, entry in table.attributes.items()}),
        ):
            matcher = PhraseMatcher(nlp.vocab, attr="NORM")
            for key, names in entries.items():
                matcher.add(key, [_lowered(nlp.make_doc(name)) for name in names])
                if label == "treatment":
                    self.vocabulary.update(
                        word
                        for name in names
                        for word in name.split()
                        if len(word) >= MENDED_LENGTH
                    )
                else:
                    self.unmended.update(word for name in names for word in name.split())
            self.matchers[label] = matcher
        self.unmended -= self.vocabulary
        self.mend = lru_cache(maxsize=20_000)(self.mend)  # type: ignore[method-assign]

    def __call__(self, doc: Doc) -> Doc:
        doc._.table = self.table
        for token in doc:
            token.norm_ = self.mend(token.lower_)
        spans = [span for span in self._spans(doc, "treatment") if not self._is_adjective(span)]
        spans = filter_spans([*spans, *self._spans(doc, "attribute")])
        doc.set_ents(spans)
        taken = {token.i for span in spans for token in span}
        doc.spans["generic"] = [
            span
            for span in filter_spans(self._spans(doc, "generic"))
            if not taken & set(range(span.start, span.end))
        ]
        return doc

    def mend(self, word: str) -> str:
        """Return the treatment word that `word` is a typo of, else `word` itself."""
        word = word.replace("’", "'")
        if _DOTTED.fullmatch(word):
            word = word.replace(".", "")
        if len(word) < MENDED_LENGTH or word in self.unmended or word in self.vocabulary:
            return word
        match = process.extractOne(
            word,
            self.vocabulary,
            scorer=OSA.distance,
            score_cutoff=max(1, len(word) // LETTERS_PER_TYPO - (len(word) > 8)),
        )
        if match and match[0][0] == word[0]:
            return str(match[0])
        return word

    def _spans(self, doc: Doc, label: str) -> list[Span]:
        kind = "treatment" if label == "generic" else label
        return [
            Span(doc, start, end, label=kind, kb_id=key)
            for key, start, end in self.matchers[label](doc)
        ]

    def _is_adjective(self, span: Span) -> bool:
        """Whether "mild" tells how bad something is: "mild pain", "mild to moderate"."""
        if span.kb_id_ != "mild" or len(span) > 1 or span.end >= len(span.doc):
            return False
        following = span.doc[span.end]
        if span.text.isupper():
            return False
        if following.lower_ in ("to", "or", "and", "back", "side"):
            return span.end + 1 < len(span.doc) and span.doc[span.end + 1].lower_ in (
                "moderate",
                "moderately",
                "severe",
                "pain",
                "ache",
                "effects",
            )
        return following.lower_ in self.not_after_mild


def _lowered(doc: Doc) -> Doc:
    for token in doc:
        token.norm_ = token.lower_
    return doc


Doc.set_extension("table", default=None, force=True)


@Language.factory("treatment_matcher")
def _create(nlp: Language, name: str) -> TreatmentMatcher:
    return TreatmentMatcher(nlp)
