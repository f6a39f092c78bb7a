"""Typed, validated loading of `content/`: facts, treatments and the clinic.

Every error names file, line, key and remedy, so that a person without code can
mend the file.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Extra, ValidationError, validator

from lumbar.documents import ContentError, read_yaml
from lumbar.settings import settings

FIGURE = re.compile(r"\d[\d,.]*\d|\d")
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


class Phrases(_Strict):
    fallback: str
    fallback_again: str
    depends: str
    offer_table: str
    of_the_table: str
    untold: str
    source: str
    source_cites: str
    no_answer_yet: str
    no_more: str
    affirm: str
    deny: str
    questions: dict[str, str]


class Content(_Strict):
    facts: Facts
    treatments: Treatments
    clinic: Clinic
    phrases: Phrases


@lru_cache(maxsize=4)
def load(folder: Path | None = None) -> Content:
    """Return what `folder` (by default the project's `content/`) holds.

    Raises:
        ContentError: a file is missing, is no YAML, has a wrong or unknown key, or
            names a fact or evidence that does not exist.
    """
    folder = folder or settings.content
    facts, facts_tree = _read(folder / "facts.yml", Facts)
    treatments, treatments_tree = _read(folder / "treatments.yml", Treatments)
    clinic, _ = _read(folder / "clinic.yml", Clinic)
    phrases, _ = _read(folder / "phrases.yml", Phrases)
    seen: set[str] = set()
    for index, fact in enumerate(facts.facts):
        where = _where(folder / "facts.yml", facts_tree, ("facts", index, "id"))
        if fact.id in seen:
            raise ContentError(f"{where}: fact {fact.id!r} stands twice. Give one another id.")
        seen.add(fact.id)
        for key in fact.evidence:
            if key not in facts.evidence:
                raise ContentError(
                    f"{where}: fact {fact.id!r} rests on unknown evidence {key!r}."
                    f"{_nearest(key, facts.evidence)}"
                )
    for name, treatment in treatments.treatments.items():
        where = _where(folder / "treatments.yml", treatments_tree, ("treatments", name, "facts"))
        for key in (*treatment.facts, *treatment.more):
            if key not in seen:
                raise ContentError(
                    f"{where}: treatment {name!r} cites unknown fact {key!r}.{_nearest(key, seen)}"
                )
    return Content(facts=facts, treatments=treatments, clinic=clinic, phrases=phrases)


def _must_be_known(names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"unknown name {name!r}; the known ones are {', '.join(known)}")


def _read(path: Path, model: Any) -> tuple[Any, Any]:
    tree = read_yaml(path, with_positions=True)
    try:
        return model.parse_obj(tree), tree
    except ValidationError as error:
        first = error.errors()[0]
        raise ContentError(_explain(path, tree, dict(first), model)) from None


def _explain(path: Path, tree: Any, error: dict[str, Any], model: Any) -> str:
    place = tuple(part for part in error["loc"] if part != "__root__" and part != "__key__")
    key = ".".join(map(str, place)) or "the file"
    if error["type"] == "value_error.extra":
        known = _known_names(model, place)
        return f"{_where(path, tree, place)}: unknown key {key!r}.{_nearest(str(place[-1]), known)}"
    if error["type"] == "value_error.missing":
        return f"{_where(path, tree, place[:-1])}: the key {key!r} is missing. Add it."
    remedy = "Correct the value." if place else "Fill in the file."
    return f"{_where(path, tree, place)}: {key}: {error['msg']}. {remedy}"


def _known_names(model: Any, place: tuple) -> list[str]:
    for part in place[:-1]:
        field = model.__fields__.get(part) if hasattr(model, "__fields__") else None
        if field is not None:
            model = field.type_
    return list(getattr(model, "__fields__", {}))


def _where(path: Path, tree: Any, place: tuple) -> str:
    line = 1
    for part in place:
        try:
            position = tree.lc.key(part) if hasattr(tree, "keys") else tree.lc.item(part)
            line = position[0] + 1
            tree = tree[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return f"{path}:{line}"


def _nearest(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else " Correct or remove it."
