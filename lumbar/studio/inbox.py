"""Groups what the assistant could not answer, largest group first, without what was handled."""

import base64
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from lumbar import content
from lumbar.language import pipeline
from lumbar.language.encoder import WIDTH
from lumbar.language.intents import IntentModel
from lumbar.language.redaction import redact
from lumbar.settings import settings
from lumbar.studio import served, versions
from lumbar.studio.conversations import Turn, read_turns
from lumbar.studio.grouping import BLOCK, Meaning, group
from lumbar.studio.groups import Group, remember
from lumbar.studio.misses import COMPARISON, Miss, find_misses

ENCODED = 2_500
"""Messages that are read for their meaning, a millisecond each; the rarer ones go with the
one that shares most words with them."""
BEGINNING = 300
"""Characters of a message that are read for it: long ones take memory."""
LIKE = 0.5
"""Share of words, as a cosine, for that."""
TYPICAL = 3
"""Messages of a group that stand for it."""
HANDLED = 0.3
"""Mean likeness to the messages of a handled group, from which a new one belongs to it."""
REMEMBERED = 20
"""Messages of a handled group whose meaning is kept."""
NOT_COVERED = "not_covered"


@dataclass(frozen=True)
class Inbox:
    """The largest groups; `messages` and `others` count all messages and the smaller groups."""

    groups: list[Group]
    messages: int
    others: int


def read_inbox(since: float = 0.0, until: float = float("inf"), most: int = 20) -> Inbox:
    """Return the `most` largest groups that nobody has handled yet, and remember them for
    `read_group`.

    Raises:
        StudioError: the database cannot be read, or no model is served.
    """
    groups, model = _groups_in(read_turns(since, until))
    messages = sum(_count(one) for one in groups)
    inbox = Inbox(_named(groups[:most], model), messages, len(groups[most:]))
    remember(inbox.groups)
    return inbox


def unanswered(turns: Iterable[Turn], most: int) -> list[Group]:
    """Return the `most` largest groups of what could not be answered in `turns`.

    Raises:
        StudioError: no model is served.
    """
    groups, model = _groups_in(turns)
    return _named(groups[:most], model)


def _groups_in(turns: Iterable[Turn]) -> tuple[list[list[Miss]], IntentModel]:
    misses = find_misses(turns, content.load().phrases.questions.values())
    model = served.classifier()
    return _grouped(misses, model), model


def handled_file() -> tuple[Any, list[dict[str, Any]]]:
    """Return the path of what was handled, and what it holds."""
    path = settings.state / "handled.json"
    return path, json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def handle(texts: Sequence[str], verdict: str) -> bytes:
    """Return what the file of handled groups is to hold when `texts` have been decided on:
    of each text a hash, and of some what they mean."""
    _, handled = handled_file()
    vectors = pipeline.encoder()(list(texts[:REMEMBERED])).astype(np.float16)
    handled.append(
        {
            "at": time.time(),
            "verdict": verdict,
            "texts": [_digest(one) for one in texts],
            "vectors": base64.b64encode(vectors.tobytes()).decode(),
        }
    )
    return json.dumps(handled, indent=1).encode()


def _grouped(misses: Sequence[Miss], model: IntentModel) -> list[list[Miss]]:
    """Return what is not handled yet, by meaning, the largest group and in it the most
    typical message first."""
    meaning = Meaning(model.vectors, model.labels)
    shown = _not_decided(misses)
    read, rest = shown[:ENCODED], shown[ENCODED:]
    if not read:
        return []
    meant = meaning(pipeline.encoder()([model.spelling(miss.text[:BEGINNING]) for miss in read]))
    new = _not_like_handled(read, meant, meaning)
    read, meant = [read[place] for place in new], meant[new]
    if not read:
        return []
    members: dict[int, list[int]] = {}
    for place, number in enumerate(group(meant, [miss.count for miss in read])):
        members.setdefault(int(number), []).append(place)
    also = _by_words(read, rest)
    groups = []
    for places in members.values():
        centre = meant[places].mean(axis=0)
        typical = sorted(places, key=lambda place: -float(meant[place] @ centre))
        rare = [miss for place in places for miss in also.get(place, ())]
        groups.append([read[place] for place in typical] + rare)
    return sorted(groups, key=lambda one: -_count(one))


def _named(groups: Sequence[list[Miss]], model: IntentModel) -> list[Group]:
    """Return the groups with their nearest existing question, patients' details taken out."""
    nlp = pipeline.load()
    answers = [one for one in model.classes if one.startswith("faq/") or one == COMPARISON]
    found = []
    for number, said in enumerate(groups, 1):
        votes = [model.nearest(nlp(miss.text), answers) for miss in said[:TYPICAL]]
        nearest = Counter(label for label, _ in votes).most_common(1)[0][0]
        chances = [chance for label, chance in votes if label == nearest]
        reasons: Counter[str] = sum((miss.reasons for miss in said), Counter())
        found.append(
            Group(
                number,
                _count(said),
                list(dict.fromkeys(redact(miss.text) for miss in said)),
                dict(reasons.most_common()),
                nearest,
                round(sum(chances) / len(chances), 3),
                max(at for miss in said for at in miss.times),
            )
        )
    return found


def _count(said: Sequence[Miss]) -> int:
    return sum(miss.count for miss in said)


def _not_decided(misses: Sequence[Miss]) -> list[Miss]:
    _, handled = handled_file()
    decided = {one for entry in handled for one in entry["texts"]}
    return [miss for miss in misses if _digest(miss.text) not in decided]


def _not_like_handled(misses: Sequence[Miss], meant: np.ndarray, meaning: Meaning) -> np.ndarray:
    """Return the places of messages that are like no handled group, or came after it was taught.

    What was told to be not covered stays handled. What was taught comes back if patients
    still ask it in vain of a model that learnt it.
    """
    keep = np.ones(len(misses), bool)
    latest = np.array([max(miss.times) for miss in misses])
    learnt = versions.promoted_at()
    for entry in handled_file()[1]:
        packed = np.frombuffer(base64.b64decode(entry["vectors"]), np.float16).reshape(-1, WIDTH)
        like = meant @ meaning(packed.astype(np.float32)).mean(axis=0) >= HANDLED
        if entry["verdict"] != NOT_COVERED and learnt > entry["at"]:
            like &= latest < learnt
        keep &= ~like
    return np.flatnonzero(keep)


def _by_words(read: Sequence[Miss], rest: Sequence[Miss]) -> dict[int, list[Miss]]:
    """Return those of `rest` that share most words with one of `read`, by its place."""
    found: dict[int, list[Miss]] = {}
    if not rest:
        return found
    words = TfidfVectorizer(stop_words="english", dtype=np.float32)
    known = words.fit_transform(miss.text for miss in read)
    for start in range(0, len(rest), BLOCK):
        some = rest[start : start + BLOCK]
        likeness = (words.transform(miss.text for miss in some) @ known.T).tocsr()
        best = np.asarray(likeness.argmax(axis=1)).ravel()
        for place, (miss, other) in enumerate(zip(some, best, strict=True)):
            if likeness[place, other] >= LIKE:
                found.setdefault(int(other), []).append(miss)
    return found


def _digest(text: str) -> str:
    return sha256(" ".join(text.lower().split()).encode()).hexdigest()[:16]
