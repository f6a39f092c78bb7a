"""Looks up, compares and ranks treatments by the article's table.

`resolve` makes out what a message asks, with what was talked about before;
`answer` puts the table's facts into words. Nothing here depends on Rasa.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lumbar import content
from lumbar.content import Content, TreatmentEntry, Untold

MILD = "mild"

ATTRIBUTE_OF_KEY = {
    "faq/duration": "duration_of_relief",
    "faq/why_durable": "duration_of_relief",
    "faq/come_back": "duration_of_relief",
    "faq/recovery_time": "recovery_time",
    "faq/return_to_activity": "recovery_time",
    "faq/same_day_home": "recovery_time",
    "faq/anesthesia": "invasiveness",
    "faq/procedure_steps": "invasiveness",
    "faq/what_is_mild": "invasiveness",
    "faq/how_it_works": "key_advantages",
    "faq/implants": "key_advantages",
    "faq/benefits": "key_advantages",
}
"""What an FAQ key about MILD asks, where the table has it for other treatments."""

_SHORT = 8
"""Words up to which a message can lean on the one before."""

_LEANING = re.compile(
    r"^\W*(?:and|what about|how about|what of|same|the same|no|nope|not|sorry|oops|oh|ok|okay|so|but|"
    r"i mean|i meant|or|then|also|now|wait|actually|versus|vs)\b"
    r"|\b(?:i mean|i meant|meant to ask|was asking|asking about|same thing|same question|as well|too)\b"
)
_POINTING = re.compile(
    r"\b(?:it|its|it's|that|that's|thats|this|those|these|they|them|their|one|ones|either|both|two)\b"
)
_THOSE_TWO = re.compile(
    r"\b(?:(?:out )?of (?:those|these|the|them)|those|these|the|either)(?: two| 2)?\b|\bboth\b|\bbetween them\b"
)
_ALL = re.compile(
    r"\b(?:all (?:three|3|of (?:them|it|these|those)|the|treatments|options)|everything|each|side by side|"
    r"table|chart|the three|three of|put it all|every treatment|the works|full comparison)\b"
)
_OTHERS = re.compile(
    r"\b(?:others?|other (?:treatments?|options?|ones?|ways?)|alternatives?|the rest|anything else|what else)\b"
)
_VERSUS = re.compile(
    r"\b(?:vs|versus|compared?|comparison|compares|than|differences?|differ|different|better|rather|against|"
    r"instead|over|between|outlasts?|beats?|stack up|pick|choose)\b"
)
_SUPERLATIVE = re.compile(
    r"\b(?:which|least|most|best|quickest|fastest|shortest|longest|soonest|easiest|slowest|gentlest|worst|safest)\b"
)
_WHAT_OR_WHO = re.compile(r"\b(?:what(?:'s|s| is) the|who)\b")
_BEST = re.compile(
    r"\b(?:best|better|recommend|should i|right for me|would you|go for|choose|pick|worth)\b"
)
_WHOLE = re.compile(
    r"\b(?:what (?:is|are)|what's|whats|tell me (?:about|every)|explain|side by side|table|chart|everything|compare|comparison|"
    r"vs|versus|options?|treatments?|pros|differences?|better|best|choose|pick)\b"
)
_INTRODUCTION = re.compile(r"\b(?:what is|what's|whats|what are|tell me|explain)\b")
_LEFT_OUT = re.compile(
    r"\b(?:besides|other than|apart from|aside from|without|instead of|avoid(?:ing)?|not ready for|before)\W+(?:\w+\W+){0,3}$"
    r"|\b(?:not|no|isn'?t)\W+(?:(?:a|an|the|any|real|really)\W+)?$"
)
_NO_OPERATION = re.compile(
    r"\b(?:no|not|isn'?t|without|non|avoids?)\W+(?:\w+\W+){0,3}(?:surg\w*|operation|knife|cutting)\b"
)
_WANTS_TABLE = re.compile(
    r"\b(?:side by side|table|chart|everything|all of it|full comparison|put it all)\b"
)


@dataclass(frozen=True)
class Named:
    """A treatment or attribute that a message names, from `start` on (characters)."""

    value: str
    start: int


@dataclass(frozen=True)
class Context:
    """What the conversation was about before this message."""

    treatments: tuple[str, ...] = ()
    attribute: str | None = None


@dataclass(frozen=True)
class Request:
    """What a message asks of which treatments.

    `attribute` None means all of them; `untold` is what the article tells of MILD
    alone, and `unanswered` that it does not tell what is asked.
    """

    treatments: tuple[str, ...]
    attribute: str | None = None
    highest: bool | None = None
    untold: Untold | None = None
    unanswered: bool = False
    best: bool = False


@dataclass(frozen=True)
class Answer:
    """What to say: `facts` it cites, `more` facts that tell why or go on.

    `table` is a payload `{type, caption, columns, rows}` for channels that can show it,
    `beside_table` what they say instead of `text`, `offer` what a "yes" would get.
    """

    text: str
    facts: list[str]
    more: list[str]
    treatments: tuple[str, ...]
    attribute: str | None
    table: dict[str, Any] | None = None
    beside_table: str = ""
    offer: str | None = None


def resolve(
    text: str,
    treatments: Sequence[Named],
    attributes: Sequence[Named],
    context: Context | None = None,
    likely: str | None = None,
) -> Request:
    """Return what `text` asks.

    `treatments` and `attributes` are those it names, in any order; `context` is what
    was compared before, if anything; `likely` is the attribute that its wording points
    to where it names none.
    """
    known = content.load()
    context = context or Context()
    lowered, words = _read(text)
    leaning = bool(_LEANING.search(lowered)) and len(words) <= 2 * _SHORT
    chosen = _treatments(
        lowered, _named(lowered, treatments), context, known, leaning or len(words) <= _SHORT
    )
    attribute = _attribute(lowered, words, attributes, context, leaning, likely)
    untold = _untold(lowered, known)
    return Request(
        treatments=chosen,
        attribute=attribute,
        highest=_direction(lowered, words, attribute, known),
        untold=untold,
        unanswered=untold is not None and MILD not in chosen,
        best=attribute is None and bool(_BEST.search(lowered)),
    )


def about_others(text: str, key: str, context: Context) -> Request | None:
    """Return what `text`, taken for FAQ `key`, asks of the treatments just looked up.

    None means that it is about MILD after all. "And how long does it last?" leans on
    the look-up; so does a short question about something the table has.
    """
    if not context.treatments or MILD in context.treatments:
        return None
    lowered, words = _read(text)
    attribute = ATTRIBUTE_OF_KEY.get(key)
    pointing = bool(_LEANING.search(lowered) or _POINTING.search(lowered))
    if len(words) > 2 * _SHORT or not (pointing or (attribute and len(words) <= _SHORT)):
        return None
    return Request(context.treatments, attribute, unanswered=attribute is None)


def compares(text: str) -> bool:
    """Whether `text` sets one thing against another: "does MILD last longer than that?"."""
    return bool(re.search(r"\b(?:than|compared|versus|vs)\b", text.lower()))


def answer(request: Request) -> Answer:
    """Return the table's facts on `request`, the first sentence answering it."""
    known = content.load()
    entries = [known.treatments.treatments[name] for name in request.treatments]
    facts = [fact for entry in entries for fact in entry.facts]
    offer = None
    if not request.unanswered and request.attribute and any(entry.cells for entry in entries):
        offer = "table"
    return Answer(
        _text(request, known, offer),
        ["choice_depends", *facts] if request.best else facts,
        [fact for entry in entries for fact in entry.more],
        request.treatments,
        request.attribute,
        table(request.treatments, request.attribute, known),
        _text(request, known, offer, in_lists=False),
        offer,
    )


def table(
    treatments: Sequence[str], attribute: str | None, known: Content
) -> dict[str, Any] | None:
    """Return the payload for `treatments`, or None where fewer than two have a row."""
    rows = [name for name in treatments if known.treatments.treatments[name].cells]
    if len(rows) < 2:
        return None
    columns = [attribute] if attribute else list(known.treatments.attributes)
    labels = [known.treatments.attributes[column].label for column in columns]
    return {
        "type": "table",
        "caption": labels[0] if attribute else "Treatments, side by side",
        "columns": ["Treatment", *labels],
        "rows": [
            [
                known.treatments.treatments[name].label,
                *(known.treatments.treatments[name].cells[column] for column in columns),
            ]
            for name in rows
        ],
    }


def _read(text: str) -> tuple[str, list[str]]:
    lowered = text.lower().replace("’", "'")
    return lowered, re.findall(r"[\w'+-]+", lowered)


def _named(text: str, treatments: Sequence[Named]) -> list[str]:
    kept = [
        one
        for one in sorted(treatments, key=lambda one: one.start)
        if not _LEFT_OUT.search(text[: one.start])
    ]
    return list(dict.fromkeys(one.value for one in kept))


def _attribute(
    text: str,
    words: list[str],
    named: Sequence[Named],
    context: Context,
    leaning: bool,
    likely: str | None,
) -> str | None:
    """Return the attribute asked for; None where it is several, all or none."""
    if _WANTS_TABLE.search(text):
        return None
    found = {one.value for one in named}
    if found:
        return found.pop() if len(found) == 1 else None
    short = len(words) <= _SHORT / 2
    before = None if _INTRODUCTION.search(text) or not (leaning or short) else context.attribute
    return before or (None if leaning or _WHOLE.search(text) else likely)


def _treatments(
    text: str, named: list[str], context: Context, known: Content, leaning: bool
) -> tuple[str, ...]:
    tabled = tuple(name for name, entry in known.treatments.treatments.items() if entry.cells)
    every = tuple(known.treatments.treatments)
    before = context.treatments
    if len(named) > 1:
        return tuple(named)
    if _ALL.search(text) and not named:
        return tabled
    if named:
        return _with_one_named(text, named[0], before, tabled, leaning)
    if len(before) > 1 and (leaning or _THOSE_TWO.search(text)):
        return before
    if _OTHERS.search(text):
        return every
    if _SUPERLATIVE.search(text):
        return tabled
    if before and (leaning or _POINTING.search(text)):
        return before
    return tabled if _WHAT_OR_WHO.search(text) else every


def _with_one_named(
    text: str, one: str, before: tuple[str, ...], tabled: tuple[str, ...], leaning: bool
) -> tuple[str, ...]:
    if _OTHERS.search(text) or _ALL.search(text):
        return tabled if one in tabled else (*tabled, one)
    if not _VERSUS.search(text):
        return (one,)
    rivals = tuple(name for name in before if name != one)
    if rivals and leaning:
        return (*rivals, one) if len(rivals) == 1 else (one, *rivals)
    if one == MILD:
        return tabled
    return (MILD, one)


def _direction(text: str, words: list[str], attribute: str | None, known: Content) -> bool | None:
    if attribute is None:
        return None
    entry = known.treatments.attributes[attribute]
    if not entry.order:
        return None
    if set(words) & set(entry.lowest_words):
        return False
    if attribute == "invasiveness" and _NO_OPERATION.search(text):
        return False
    if set(words) & set(entry.highest_words):
        return not (attribute == "invasiveness" and "least" in words)
    return entry.highest_first


def _untold(text: str, known: Content) -> Untold | None:
    for untold in known.treatments.untold:
        if any(re.search(rf"\b{re.escape(name)}\b", text) for name in untold.names):
            return untold
    return None


def _untold_text(request: Request, known: Content) -> str:
    aspect = request.untold.aspect if request.untold else "an answer to that"
    labels = [known.treatments.treatments[name].full_label for name in request.treatments]
    return known.phrases.untold.format(
        aspect=aspect, treatment=listed(labels), clinic_contact=known.clinic.contact
    )


def _text(request: Request, known: Content, offer: str | None, in_lists: bool = True) -> str:
    """Return the paragraphs; without those `in_lists`, the ones a table does not replace."""
    if request.unanswered:
        return _untold_text(request, known)
    offered = [known.phrases.offer_table] if offer else []
    if len(request.treatments) == 1:
        return " ".join([_look_up(request, known), *offered])
    return "\n\n".join([*_compare(request, known, in_lists), *offered])


def _look_up(request: Request, known: Content) -> str:
    entry = known.treatments.treatments[request.treatments[0]]
    if not entry.cells:
        return _told(entry, known)
    if request.attribute:
        return entry.sentences[request.attribute]
    return " ".join(entry.sentences.values())


def _compare(request: Request, known: Content, in_lists: bool) -> list[str]:
    attributes = known.treatments.attributes
    entries = {name: known.treatments.treatments[name] for name in request.treatments}
    tabled = {name: entry for name, entry in entries.items() if entry.cells}
    blocks = [known.phrases.depends] if request.best else []
    lists = []
    if request.attribute and tabled:
        blocks += _ranking(request, list(tabled), known)
        lines = [f"- {one.label}: {_cell(one, request.attribute)}" for one in tabled.values()]
        lists.append("\n".join([f"{attributes[request.attribute].label}:", *lines]))
    else:
        for one in tabled.values():
            lines = [f"- {attributes[key].label}: {_cell(one, key)}" for key in attributes]
            lists.append("\n".join([one.label, *lines]))
    told = [_told(entry, known) for entry in entries.values() if not entry.cells]
    return [*blocks, *(lists if in_lists else []), *told]


def _cell(entry: TreatmentEntry, attribute: str) -> str:
    """Return the cell; advantages as a sentence, which also tells what fades."""
    return entry.sentences[attribute] if attribute == "key_advantages" else entry.cells[attribute]


def _told(entry: TreatmentEntry, known: Content) -> str:
    return " ".join(known.facts[fact].text for fact in entry.facts)


def _ranking(request: Request, tabled: list[str], known: Content) -> list[str]:
    assert request.attribute is not None
    attribute = known.treatments.attributes[request.attribute]
    ordered = [name for name in attribute.order if name in tabled]
    if len(ordered) < 2:
        return []
    templates = [(ordered[0], attribute.lowest), (ordered[-1], attribute.highest)]
    if len(ordered) == 2:
        templates = [(name, _of_two(template)) for name, template in templates]
    name, template = templates[1 if request.highest else 0]
    entry = known.treatments.treatments[name]
    label = entry.full_label
    if len(tabled) < len(request.treatments):
        label = f"{known.phrases.of_the_table} {label}"
    label = label[0].upper() + label[1:]
    verbs = (
        {"is": "are", "has": "have", "gives": "give"}
        if entry.plural
        else {"is": "is", "has": "has", "gives": "gives"}
    )
    return [template.format(treatment=label, **verbs)]


def _of_two(template: str) -> str:
    for superlative, comparative in (
        ("the least", "less"),
        ("the most", "more"),
        ("the shortest", "the shorter"),
        ("the longest", "the longer"),
    ):
        template = template.replace(superlative, comparative)
    return template


def listed(labels: list[str]) -> str:
    """Return `labels` as a phrase: "a, b and c"."""
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
