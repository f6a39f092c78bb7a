"""Typed, validated loading of `content/`: facts, treatments and the clinic.

Every error names file, line, key and remedy, so that a person without code can
mend the file.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Extra, validator
from pydantic.fields import ModelField

from lumbar.documents import ContentError, Places, nearest, read_as
from lumbar.settings import settings

FIGURE = re.compile(r"\d[\d,.]*\d|\d")
NUMBER_WORDS = {
    **{"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"},
    **{"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12"},
}
"""Without "one", which is as often no number."""
PLACEHOLDER = re.compile(r"\{[^{}]*\}?|\}")
PHRASE_PLACEHOLDERS = {
    "fallback_again": ("{clinic_contact}",),
    "untold": ("{aspect}", "{treatment}", "{clinic_contact}"),
    "source_cites": ("{evidence}",),
    "source_other": ("{source}",),
}
"""What the actions fill into a phrase; the others are said as they are."""
TREATMENTS = (
    "mild",
    "epidural_steroid_injection",
    "laminectomy",
    "physical_therapy",
    "pain_medication",
)
ATTRIBUTES = ("invasiveness", "recovery_time", "duration_of_relief", "key_advantages")


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False


class Fact(_Strict):
    id: str
    section: str
    text: str
    figures: list[str] = []
    evidence: list[str] = []
    source: str = ""
    """Who says so, where it is not the article."""

    @validator("text")
    def _ends_as_a_sentence(cls, text: str) -> str:
        if not text.endswith("."):
            raise ValueError("write the fact as a sentence that ends with a full stop")
        return text

    @validator("figures", each_item=True)
    def _has_a_number(cls, figure: str) -> str:
        if not FIGURE.search(figure):
            raise ValueError(f"{figure!r} holds no number")
        return figure


class Facts(_Strict):
    evidence: dict[str, str]
    facts: list[Fact]

    def __getitem__(self, fact_id: str) -> Fact:
        return self.by_id[fact_id]

    @property
    def by_id(self) -> dict[str, Fact]:
        return {fact.id: fact for fact in self.facts}


class AttributeEntry(_Strict):
    label: str
    names: list[str]
    order: list[str] = []
    """From the lowest to the highest; empty where the table decides no order."""
    lowest: str = ""
    highest: str = ""
    highest_first: bool = False
    """Whether a patient who names no direction means the highest."""
    highest_words: list[str] = []
    lowest_words: list[str] = []


class TreatmentEntry(_Strict):
    label: str
    full_label: str
    plural: bool = False
    names: list[str]
    generic: list[str] = []
    not_before: list[str] = []
    cells: dict[str, str] = {}
    """The treatment's row of the table; empty for what the table leaves out."""
    sentences: dict[str, str] = {}
    """The same row told in sentences."""
    facts: list[str]
    more: list[str] = []
    """Facts to tell when a patient asks why, or for more."""


class Untold(_Strict):
    aspect: str
    key: str
    names: list[str]


class Treatments(_Strict):
    attributes: dict[str, AttributeEntry]
    treatments: dict[str, TreatmentEntry]
    never_mended: list[str]
    untold: list[Untold]

    @validator("attributes")
    def _known_attributes(cls, entries: dict[str, AttributeEntry]) -> dict[str, AttributeEntry]:
        _must_be_known(entries, ATTRIBUTES)
        _must_be_known((name for entry in entries.values() for name in entry.order), TREATMENTS)
        return entries

    @validator("treatments")
    def _known_treatments(cls, entries: dict[str, TreatmentEntry]) -> dict[str, TreatmentEntry]:
        _must_be_known(entries, TREATMENTS)
        for entry in entries.values():
            _must_be_known((*entry.cells, *entry.sentences), ATTRIBUTES)
        return entries


class Clinic(_Strict):
    name: str
    emergency_number: str = "911"
    phone: str | None = None
    booking: str | None = None
    hours: str | None = None

    @property
    def contact(self) -> str:
        """The advice to turn to the clinic, from what is filled in."""
        return f"please ask the team at {self.way}"

    @property
    def way(self) -> str:
        """The clinic's name and, in brackets, the ways to reach it that are filled in."""
        ways = [way for way in (self.phone, self.booking, self.hours) if way]
        return f"{self.name} ({', '.join(ways)})" if ways else self.name

    @property
    def fillings(self) -> dict[str, str]:
        """What each placeholder in an answer becomes."""
        return {
            "{clinic_name}": self.name,
            "{clinic_contact}": self.contact,
            "{clinic_way}": self.way,
            "{emergency_number}": self.emergency_number,
        }

    def fill(self, node: Any) -> Any:
        """Return `node`, of lists, dicts and texts, with the placeholders filled in."""
        if isinstance(node, str):
            for placeholder, value in self.fillings.items():
                node = node.replace(placeholder, value)
            return node
        if isinstance(node, dict):
            return {key: self.fill(value) for key, value in node.items()}
        return [self.fill(value) for value in node] if isinstance(node, list) else node


class Phrases(_Strict):
    fallback: str
    fallback_again: str
    depends: str
    offer_table: str
    of_the_table: str
    untold: str
    source: str
    source_cites: str
    source_other: str
    no_answer_yet: str
    no_more: str
    affirm: str
    deny: str
    questions: dict[str, str]

    @validator("*")
    def _known_placeholders(cls, value: Any, field: ModelField) -> Any:
        known = PHRASE_PLACEHOLDERS.get(field.name, ())
        unknown = [one for one in PLACEHOLDER.findall(str(value)) if one not in known]
        if unknown and isinstance(value, str):
            raise ValueError(
                f"{unknown[0]!r} cannot be filled in here; {' '.join(known) or 'nothing'} can"
            )
        return value


class Content(_Strict):
    facts: Facts
    treatments: Treatments
    clinic: Clinic
    phrases: Phrases


def figures(text: str) -> list[str]:
    """Return the numbers in `text`, each once, those in words as digits."""
    words = re.sub(r"[a-z]+", lambda word: NUMBER_WORDS.get(word[0], word[0]), text.lower())
    return list(dict.fromkeys(FIGURE.findall(words)))


def load(folder: Path | None = None) -> Content:
    """Return what `folder` (by default `settings.content`) holds.

    A server's folder is that of the served model: when another one is promoted, the next
    call returns what belongs to that.

    Raises:
        ContentError: a file is missing, is no YAML, has a wrong or unknown key, or
            names a fact or evidence that does not exist.
    """
    folder = folder or settings.content
    return _load(folder, tuple(_state(folder / f"{name}.yml") for name in Content.__fields__))


def _state(path: Path) -> tuple[int, ...]:
    """Return what is another once the file, or a link on the way to it, was changed."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return ()
    return state.st_dev, state.st_ino, state.st_mtime_ns


@lru_cache(maxsize=4)
def _load(folder: Path, states: tuple[tuple[int, ...], ...]) -> Content:
    # All files of one version, though another may be promoted meanwhile.
    parts, errors = examine(folder.resolve())
    if errors:
        raise errors[0]
    return Content(**parts)


def examine(folder: Path) -> tuple[dict[str, Any], list[ContentError]]:
    """Return what can be used of each file in `folder`, None where nothing can, and every
    error."""
    parts: dict[str, Any] = {}
    errors: list[ContentError] = []
    for name, field in Content.__fields__.items():
        parts[name], found = read_as(folder / f"{name}.yml", field.type_)
        errors += found
    if parts["facts"]:
        errors += _facts_errors(folder / "facts.yml", parts["facts"])
    if parts["facts"] and parts["treatments"]:
        known = parts["facts"].by_id
        errors += _treatments_errors(folder / "treatments.yml", parts["treatments"], known)
    return parts, errors


def _facts_errors(path: Path, facts: Facts) -> Iterator[ContentError]:
    seen: set[str] = set()
    for index, fact in enumerate(facts.facts):
        if fact.id in seen:
            line = Places(path).line("facts", index, "id")
            yield ContentError(
                path, line, f"fact {fact.id!r} stands twice.", "Give one another id."
            )
        seen.add(fact.id)
        for key in fact.evidence:
            if key not in facts.evidence:
                line = Places(path).line("facts", index, "evidence")
                text = f"fact {fact.id!r} rests on unknown evidence {key!r}."
                yield ContentError(path, line, text, nearest(key, facts.evidence))


def _treatments_errors(
    path: Path, treatments: Treatments, known: Iterable[str]
) -> Iterator[ContentError]:
    for name, treatment in treatments.treatments.items():
        for key in ("facts", "more"):
            for fact in getattr(treatment, key):
                if fact not in known:
                    line = Places(path).line("treatments", name, key)
                    text = f"treatment {name!r} cites unknown fact {fact!r}."
                    yield ContentError(path, line, text, nearest(fact, known))


def _must_be_known(names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"unknown name {name!r}; the known ones are {', '.join(known)}")
