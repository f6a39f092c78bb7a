"""The groups of the inbox as they were listed last, which `lumbar teach N` speaks of."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lumbar.settings import settings
from lumbar.studio.errors import StudioError
from lumbar.studio.files import write_whole


@dataclass(frozen=True)
class Group:
    """Messages that ask the same, the most typical first.

    `nearest` is the existing question they are likeliest to mean, `chance` that it is.
    """

    number: int
    count: int
    texts: list[str]
    reasons: dict[str, int]
    nearest: str
    chance: float
    latest: float


def remember(groups: Sequence[Group]) -> None:
    write_whole(_listed(), json.dumps([asdict(one) for one in groups]).encode())


def read_group(number: int) -> Group:
    """Return a group of the inbox as it was listed last.

    Raises:
        StudioError: there is no such group.
    """
    listed = json.loads(_listed().read_text(encoding="utf-8")) if _listed().is_file() else []
    if not 1 <= number <= len(listed):
        there = f"there are 1 to {len(listed)}" if listed else "the inbox was not listed yet"
        raise StudioError(f"There is no group {number}: {there}. `lumbar inbox` lists them.")
    return Group(**listed[number - 1])


def _listed() -> Path:
    return settings.state / "inbox.json"
