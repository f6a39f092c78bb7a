"""Makes drafts of an article: what it may add to the facts, and the questions that answers.

Nothing here decides: a flag tells a person where to look. Measured with the clinic's article
against its own facts, 75 sentences that say something new (30 of them about MILD) and 34 that
contradict a fact: of the article's 68 sentences, 59 were flagged as repeats and none as a
contradiction; of the new ones, 2 as repeats; of the contradictions, 28 as such and the
others not at all.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lumbar import content
from lumbar.content import FIGURE, NUMBER_WORDS, Fact
from lumbar.examples import read_examples
from lumbar.language import pipeline
from lumbar.language.vectors import example_vectors
from lumbar.studio.articles import Article, sentences
from lumbar.studio.teaching import NewQuestion, label_of

REPEATS = "repeats"
CONTRADICTS = "contradicts"

SAME = 0.75
"""Cosine to two facts together, from which a sentence says what they say: a sentence of an
article is often about as much as two of ours."""
ABOUT = 0.6
"""Cosine from which a sentence is about the same thing as a fact."""
NEARBY = 0.5
"""Cosine from which a figure in a fact explains the same figure in a sentence."""
TURNED = 0.75
"""Cosine, without the negations, from which only a negation keeps two sentences apart."""
SLACK = 0.05
"""By so much less alike than one that agrees, a fact that is denied still counts."""
TOGETHER = 12
"""Pieces of facts, the nearest ones, that are tried in pairs."""
FITS = 0.75
"""Cosine of a heading to an example of a question, from which that question asks it."""

NAME_WORDS = 3
SAID_OFTEN = ("mild", "procedure", "patients", "people")

_NEGATION = re.compile(r"\b(?:not|no|never|nothing|none|neither|nor|cannot)\b|n['’]t\b", re.I)
_HALF_A_NEGATION = re.compile(r"\b(?:without|instead of|rather than|avoid\w*)\b", re.I)
_MILD = re.compile(
    r"(?i:\b(?:the )?mild®?(?: \([^)]*\))? procedure\b)|\bMILD\b®?(?: \([^)]*\))?|\bmild®"
)
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", re.I)
_MINUTES = {
    "minute": 1,
    "hour": 60,
    "day": 24 * 60,
    "week": 7 * 24 * 60,
    "month": 365 * 2 * 60,
    "year": 365 * 24 * 60,
}
_UNIT = re.compile(rf"\+?(?: or (?:more|longer|less))?[\s-]*(%|percent|{'|'.join(_MINUTES)})", re.I)
_RANGE = re.compile(r"\+?\s*(?:[-–—]|to|or|and)\s*")
_YEAR = re.compile(r"(?:19|20)\d\d")

NO_FACTS = {
    "a question": re.compile(r"\?$"),
    "a quotation": re.compile(r"^[\"“][^\"”]{25,}"),
    "about the website": re.compile(
        r"\bcookies?\b|\bprivacy policy\b|\ball rights reserved\b|©|\bnewsletter\b", re.I
    ),
    "about the article": re.compile(
        r"^(?:this|the) (?:(?:article|page|post|guide|leaflet)\b|\w+ (?:below|above)\b)", re.I
    ),
    # "Call us if it bleeds" is a fact.
    "a call to action": re.compile(
        r"^(?:please |(?:for more|to) [^,]+, )?(?:(?:call|contact|visit|email) (?:us|our|the|their)"
        r"|(?:book|schedule|request) (?:a|an|your|now|online)|(?:learn|read|find out|see) more"
        r"|click|subscribe|sign up|download|get in touch)\b"
        r"(?!.*\b(?:if|when|before|unless|at once|immediately|right away)\b)"
        r"|\b(?:click|tap) here\b",
        re.I,
    ),
    "no sentence": re.compile(r"^\S+(?: \S+)?$"),
}


@dataclass(frozen=True)
class Candidate:
    """A sentence that may become a fact. `nearest` is the id of the fact most like it, with
    the cosine `likeness`; `flag` "", "repeats" or "contradicts", and `why` the fact that it
    repeats or contradicts."""

    id: str
    section: str
    text: str
    figures: list[str]
    nearest: str
    likeness: float
    flag: str
    why: str


@dataclass(frozen=True)
class Draft:
    """The candidates that answer one question: a new one, or with `exists` the FAQ key `key`.
    `nearest` is the known question most like it, with the cosine `likeness`."""

    key: str
    question: str
    exists: bool
    nearest: str
    likeness: float
    candidates: list[Candidate]

    @property
    def fresh(self) -> list[Candidate]:
        """The candidates that neither repeat nor contradict a fact."""
        return [one for one in self.candidates if not one.flag]


@dataclass(frozen=True)
class Proposal:
    """`left_out` are (sentence, why it is no fact)."""

    drafts: list[Draft]
    left_out: list[tuple[str, str]]


def propose(article: Article) -> Proposal:
    """Return what `article` may add to the content, which stays as it is."""
    kept: dict[str, str] = {}
    left_out = []
    for section, text in article.sentences:
        why = next((name for name, no_fact in NO_FACTS.items() if no_fact.search(text)), "")
        if why:
            left_out.append((text, why))
        else:
            kept.setdefault(as_fact(text), section)
    known = content.load()
    facts = _Facts(known.facts.facts)
    taken = set(known.facts.by_id)
    by_section: dict[str, list[Candidate]] = {}
    for text, section in kept.items():
        name = _free(_name(text), taken)
        judged = facts.judge(text)
        candidate = Candidate(name, section, text, content.figures(text), *judged)
        by_section.setdefault(section, []).append(candidate)
    return Proposal(_drafts(by_section), left_out)


def as_fact(text: str) -> str:
    """Return a sentence with a full stop at its end, as a fact has it."""
    text = " ".join(text.split())
    return text if text.endswith(".") else text.rstrip("!?:;, ") + "."


def _name(text: str) -> str:
    """Return an id of the first words in `text` that tell something."""
    words = [
        word.lower_
        for word in pipeline.load().make_doc(text)
        if re.fullmatch("[a-z0-9]+", word.lower_) and not word.is_stop
    ]
    return "_".join([word for word in words if word not in SAID_OFTEN][:NAME_WORDS]) or "fact"


def _free(name: str, taken: set[str]) -> str:
    """Return `name`, with a number where it is taken, and take it."""
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    free = next(one for one in (name, *numbered) if one not in taken)
    taken.add(free)
    return free


def _drafts(by_section: dict[str, list[Candidate]]) -> list[Draft]:
    if not by_section:
        return []
    examples = [(text, label) for text, label in read_examples() if label.startswith("faq/")]
    encoder = pipeline.encoder()
    known = example_vectors(encoder, [text for text, _ in examples])
    questions = content.load().phrases.questions
    taken = {label.removeprefix("faq/") for _, label in examples}
    drafts: dict[str, Draft] = {}
    for (section, candidates), heading in zip(
        by_section.items(), encoder(list(by_section)), strict=True
    ):
        likeness = known @ heading
        nearest = int(likeness.argmax())
        text, label = examples[nearest]
        exists = bool(likeness[nearest] >= FITS)
        if exists:
            key, question = label.removeprefix("faq/"), questions.get(label, text)
        else:
            question = section.rstrip("?") + "?"
            key = label_of(NewQuestion(question, "")).removeprefix("faq/")
            key = _free(key or "section", taken)
        if key in drafts:
            drafts[key].candidates.extend(candidates)
        else:
            near = round(float(likeness[nearest]), 2)
            drafts[key] = Draft(key, question, exists, text, near, list(candidates))
    return list(drafts.values())


class _Facts:
    """The known facts, and each of their sentences, for holding candidates against them."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.pieces = [
            (fact, piece)
            for fact in facts
            for piece in dict.fromkeys([fact.text, *sentences(fact.text)])
        ]
        texts = [piece for _, piece in self.pieces]
        self.vectors, self.unturned = _vectors(texts)
        self.measures = [_measures(text) for text in texts]
        self.treatments = [_treatments(text) for text in texts]
        self.negated = [_is_negated(fact.text) for fact, _ in self.pieces]

    def judge(self, text: str) -> tuple[str, float, str, str]:
        """Return the nearest fact's id, its likeness, the flag, and the fact it rests on."""
        vector, unturned = (one[0] for one in _vectors([text]))
        treatments = _treatments(text)
        comparable = np.array([bool(treatments & known) for known in self.treatments])
        likeness = (self.vectors @ vector) * comparable
        nearest = int(likeness.argmax())
        told = self.pieces[nearest][0].id, round(float(likeness[nearest]), 2)
        figures = self._known_figures(likeness)
        measures = _measures(text)
        place = self._other_figure(measures, figures, likeness)
        if place is None:
            place = self._turned(text, (self.unturned @ unturned) * comparable)
        if place is not None:
            return *told, CONTRADICTS, self._shown(place)
        explained = all(values <= figures.get(kind, set()) for kind, values in measures.items())
        if explained and self._together(likeness, vector) >= SAME:
            return *told, REPEATS, self._shown(nearest)
        return *told, "", ""

    def _shown(self, place: int) -> str:
        fact, _ = self.pieces[place]
        return f"{fact.id}: {fact.text}"

    def _known_figures(self, likeness: np.ndarray) -> dict[str, set[float]]:
        known: dict[str, set[float]] = {}
        for place in np.flatnonzero(likeness >= NEARBY):
            for kind, values in self.measures[place].items():
                known.setdefault(kind, set()).update(values)
        return known

    def _other_figure(
        self,
        measures: dict[str, set[float]],
        figures: dict[str, set[float]],
        likeness: np.ndarray,
    ) -> int | None:
        """Return the nearest piece about the same thing that has another figure for it."""
        for place in np.argsort(-likeness):
            if likeness[place] < ABOUT:
                return None
            if any(
                kind in self.measures[place] and not values <= figures[kind]
                for kind, values in measures.items()
            ):
                return int(place)
        return None

    def _turned(self, text: str, likeness: np.ndarray) -> int | None:
        """Return the piece that `text` denies, where none says it about as well."""
        negated = _is_negated(text)
        if negated is None:
            return None
        turned = np.array([known is (not negated) for known in self.negated]) * likeness
        agreed = np.array([known is negated for known in self.negated]) * likeness
        place = int(turned.argmax())
        return place if turned[place] >= max(TURNED, agreed.max() - SLACK) else None

    def _together(self, likeness: np.ndarray, vector: np.ndarray) -> float:
        """Return how like `vector` the two facts are that are, together, most like it."""
        near = self.vectors[np.argsort(-likeness)[:TOGETHER]]
        pairs = near[:, None] + near[None]
        return float((pairs @ vector / np.linalg.norm(pairs, axis=2)).max())


def _vectors(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of `texts`, and those without their negations, each (len(texts), width).

    What all of them are about, MILD, would make any two of them alike.
    """
    encoder = pipeline.encoder()
    plain = [_MILD.sub("it", text) for text in texts]
    return encoder(plain), encoder([_NEGATION.sub("", text) for text in plain])


def _is_negated(text: str) -> bool | None:
    """Return whether `text` denies something, None where that is hard to tell."""
    return None if _HALF_A_NEGATION.search(text) else bool(_NEGATION.search(text))


def _treatments(text: str) -> set[str]:
    """Return the treatments that `text` names; what names none is about MILD."""
    named = {one.kb_id_ for one in pipeline.load()(text).ents if one.label_ == "treatment"}
    return named or {"mild"}


def _measures(text: str) -> dict[str, set[float]]:
    """Return the figures in `text` by kind: times in minutes, shares in per cent, others.

    A calendar year names a study, and is left out.
    """
    text = _NUMBER_WORD.sub(lambda word: NUMBER_WORDS[word[0].lower()], text)
    found: dict[str, set[float]] = {}
    unit, start = "", len(text)
    for figure in reversed(list(FIGURE.finditer(text))):
        own = _UNIT.match(text, figure.end())
        if own:
            unit = own[1].lower()
        elif not _RANGE.fullmatch(text, figure.end(), start):
            unit = ""
        start = figure.start()
        if unit or not _YEAR.fullmatch(figure[0]):
            kind = "time" if unit in _MINUTES else "share" if unit else "other"
            value = float(figure[0].replace(",", "")) if figure[0].count(".") < 2 else 0.0
            found.setdefault(kind, set()).add(value * _MINUTES.get(unit, 1))
    return found
