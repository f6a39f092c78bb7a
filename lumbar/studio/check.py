"""Holds the files that people edit against every rule, in seconds and without training."""

from collections.abc import Callable

from lumbar.studio.rules import (
    answers,
    examples,
    facts,
    likeness,
    questions,
    treatments,
    wholeness,
)
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import UNREADABLE, Project


def check(tell: Callable[[str], None] = lambda _: None) -> list[Finding]:
    """Return what breaks a rule, file by file and line by line.

    `tell` hears what takes longer than seconds. Rules that hold files against each other wait
    until every file can be read, see `waits`.
    """
    project = Project()
    found = list(project.found)
    for rules in (facts, treatments, answers, examples, questions, wholeness):
        found += rules.check(project)
    found += likeness.check(project, tell)
    return sorted(found, key=lambda one: (str(one.path), one.line, one.rule, one.text))


def waits(found: list[Finding]) -> bool:
    """Whether a file could not be read, so that not all rules were checked."""
    return any(one.rule == UNREADABLE for one in found)
