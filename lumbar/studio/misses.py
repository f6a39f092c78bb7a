"""Finds the messages that the assistant could not answer, or answered wrong."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from lumbar.studio.conversations import Turn

FALLBACK = "nlu_fallback"
REFUSED = ("not_covered", "out_of_scope")
HANDOFF = "human_handoff"
COMPARISON = "compare_treatments"

_OTHER = re.compile(r"[\W_]+")

SECONDS_TO_REPHRASE = 300
REPHRASED = 75
"""Share of common words, in per cent, from which one message is another try at the one before."""


@dataclass
class Miss:
    """A message as it was typed, that was said `count` times.

    `reasons` tells why it is here, and how often; `times` in seconds since 1970.
    """

    text: str
    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)


def find_misses(turns: Iterable[Turn], buttons: Iterable[str] = ()) -> list[Miss]:
    """Return what went wrong in `turns`, the most frequent first.

    That is fallbacks, refusals, thumbs down, questions asked again in other words, and
    answers after which a person was wanted. `buttons` are texts that were offered, which
    nobody typed.
    """
    conversations: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        conversations[turn.conversation].append(turn)
    offered = {_plain(one) for one in buttons}
    found: dict[str, Miss] = {}
    for one in conversations.values():
        said = [(turn, _plain(turn.text)) for turn in one]
        for (turn, text), following in zip(said, [*said[1:], None], strict=True):
            reasons = _reasons(turn, text, following, offered)
            if reasons:
                miss = found.setdefault(text, Miss(" ".join(turn.text.split())))
                miss.count += 1
                miss.reasons.update(reasons)
                miss.times.append(turn.time)
    return sorted(found.values(), key=lambda miss: -miss.count)


def _reasons(
    turn: Turn, text: str, following: tuple[Turn, str] | None, offered: set[str]
) -> Sequence[str]:
    reasons = []
    if turn.label == FALLBACK:
        reasons.append("not understood")
    elif turn.label in REFUSED:
        reasons.append("refused")
    if turn.verdict == "down":
        reasons.append("thumbs down")
    answered = turn.label.startswith("faq/") or turn.label == COMPARISON
    if answered and following and text not in offered:
        then, again = following
        if then.label == HANDOFF:
            reasons.append("then asked for a person")
        elif again not in offered and _is_another_try(turn, text, then, again):
            reasons.append("asked again")
    return reasons


def _is_another_try(turn: Turn, text: str, then: Turn, again: str) -> bool:
    if then.time - turn.time > SECONDS_TO_REPHRASE or text == again:
        return False
    same_answer = turn.label == then.label and turn.label != COMPARISON
    return same_answer or fuzz.token_sort_ratio(text, again) >= REPHRASED


def _plain(text: str) -> str:
    return _OTHER.sub(" ", text.lower()).strip()
