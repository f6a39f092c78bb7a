"""Holds what visitors were told against what the database keeps."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from benchmarks.load_runs import Tries
from lumbar.language.redaction import redact

Texts = Mapping[str, Sequence[str]]
"""What was asked in each conversation, in order."""


@dataclass(frozen=True)
class Turns:
    """Turns that were answered and, of these, lost, doubled or kept in another order; tries
    that failed, by status, and questions that no try got an answer to."""

    answered: int
    conversations: int
    lost: int
    doubled: int
    out_of_order: int
    errors: dict[int, int]
    given_up: int


def check(tries: Tries, database: str) -> Turns:
    """Compare what was answered with the events in `database`."""
    asked = [
        (_id(one["conversation"]), redact(one["text"]), one["status"])
        for one in tries
        if one["text"]
    ]
    answered: dict[str, list[str]] = defaultdict(list)
    for conversation, text, status in asked:
        if status == 200:
            answered[conversation].append(text)
    unanswered = {one[:2] for one in asked} - {one[:2] for one in asked if one[2] == 200}
    stored = {
        # A question that was never answered may have got there, or not.
        conversation: [text for text in texts if (conversation, text) not in unanswered]
        for conversation, texts in _stored(database).items()
    }
    lost, doubled, out_of_order = compare(answered, stored)
    return Turns(
        answered=sum(map(len, answered.values())),
        conversations=len(answered),
        lost=lost,
        doubled=doubled,
        out_of_order=out_of_order,
        errors=dict(Counter(one["status"] for one in tries if one["status"] != 200)),
        given_up=len(unanswered),
    )


def compare(answered: Texts, stored: Texts) -> tuple[int, int, int]:
    """Return how many turns are lost, doubled, or not at their place among the others."""
    lost = doubled = out_of_order = 0
    for conversation, texts in answered.items():
        kept = stored.get(conversation, ())
        missing, more = Counter(texts) - Counter(kept), Counter(kept) - Counter(texts)
        lost += missing.total()
        doubled += more.total()
        in_order = [text for text in dict.fromkeys(texts) if text in kept]
        as_kept = [text for text in dict.fromkeys(kept) if text in texts]
        out_of_order += sum(a != b for a, b in zip(in_order, as_kept, strict=True))
    return lost, doubled, out_of_order


def _id(token: str) -> str:
    """Return the id of the conversation that `token` is for."""
    return token.partition(".")[0]


def _stored(database: str) -> dict[str, list[str]]:
    engine = sa.create_engine(database)
    query = "SELECT sender_id, data FROM events WHERE type_name = 'user' ORDER BY id"
    texts: dict[str, list[str]] = defaultdict(list)
    with engine.connect() as connection:
        for conversation, data in connection.execute(sa.text(query)):
            texts[conversation].append(json.loads(data)["text"])
    engine.dispose()
    return texts
