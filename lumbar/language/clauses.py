"""Splits a long message, so that a red flag in the middle of a story is not drowned."""

import re

LONGEST = 18
"""Words of a clause; a dictated message without commas is cut into windows."""
SHORTEST = 3
WINDOW = 12

_BOUNDARY = re.compile(
    r"(?<=[.?!;\n])\s+|\s+-+\s+|,\s+"
    r"|\s+(?=(?:but|and since|also|only|btw|by the way|because|since)\b)"
)


def clauses(text: str) -> list[str]:
    """Return the clauses of `text`, none of more than `LONGEST` words; [] for a single one."""
    parts: list[list[str]] = [[]]
    for piece in _BOUNDARY.split(text):
        parts[-1] += piece.split()
        if len(parts[-1]) >= SHORTEST:
            parts.append([])
    if len(parts) > 1:
        last = parts.pop()
        parts[-1] += last
    found = [" ".join(window) for part in parts for window in _windows(part)]
    return found if len(found) > 1 else []


def _windows(words: list[str]) -> list[list[str]]:
    if len(words) <= LONGEST:
        return [words]
    step = WINDOW // 2
    return [words[start : start + WINDOW] for start in range(0, len(words) - step + 1, step)]
