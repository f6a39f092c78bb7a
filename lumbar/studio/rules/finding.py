"""What a rule finds."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """Something that breaks the rule of that name: where, what it is, and what to do.

    With an `error` nothing should be trained; without, a person decides. `path` is relative
    to the project; `line` counts from 1.
    """

    rule: str
    error: bool
    path: Path
    line: int
    text: str
    remedy: str
