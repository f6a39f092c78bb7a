"""Every label has enough examples, and no two of them are the same."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import combinations

from rapidfuzz import fuzz

from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Example, Project

FEWEST = 5
"""Examples of a label; with fewer, nothing is learnt."""
FEW = 40
"""Examples up to which a label is understood badly."""
LONGEST = 1000
"""Characters of a message; the website takes no longer ones."""
ALIKE = 95
"""Per cent of likeness from which two examples of two questions are one."""
SHORT = 4
"""Words from which one of them does not decide what is meant."""
SAME_START = 12
"""Characters that examples share which are compared letter by letter."""


def check(project: Project) -> Iterator[Finding]:
    """Yield what is wrong with the examples, each held against all others."""
    if project.whole:
        yield from _counts(project)
    for example in project.examples:
        if len(example.text) > LONGEST:
            yield _found(
                project,
                "example-long",
                example,
                f"the example has {len(example.text):,} characters, and patients may type "
                f"{LONGEST:,}.",
                "Shorten it to the question.",
            )
    yield from _twice(project)
    yield from _alike(project)


def _counts(project: Project) -> Iterator[Finding]:
    counts = Counter(one.label for one in project.examples)
    for label in project.labels.values():
        if (count := counts[label.name]) < FEW:
            yield project.finding(
                "examples-few",
                label.path,
                label.line,
                f"{label.name!r} has {count} examples.",
                f"Write {FEWEST} or more, in other words each."
                if count < FEWEST
                else f"Write {FEW} or more, in other words each, for patients to be understood.",
                error=count < FEWEST,
            )


def _twice(project: Project) -> Iterator[Finding]:
    seen: dict[str, Example] = {}
    for example in project.examples:
        other = seen.setdefault(example.plain, example)
        if other is not example:
            yield _found(
                project,
                "example-twice",
                example,
                f"“{example.short}” stands under {other.label!r} too ({other.where})."
                if other.label != example.label
                else f"“{example.short}” stands twice ({other.where}).",
                "Leave one of the two, where docs/intents.md wants it.",
            )


def _alike(project: Project) -> Iterator[Finding]:
    """Yield examples of a label that differ in one word, and of two questions in a few letters."""

    def halves(one: Example) -> list[Hashable]:
        words, middle = one.words, len(one.words) // 2
        if len(words) < SHORT:
            return []
        # Of two that differ in one word, either the first or the second half is the same.
        return [
            (one.label, len(words), *words[:middle], None),
            (one.label, len(words), None, *words[middle:]),
        ]

    def starts(one: Example) -> list[Hashable]:
        asks = one.label.startswith("faq/") and len(one.words) > SHORT + 1
        return [one.plain[:SAME_START]] if asks else []

    def one_word_apart(one: Example, other: Example) -> bool:
        return sum(a != b for a, b in zip(one.words, other.words, strict=True)) == 1

    def nearly_equal(one: Example, other: Example) -> bool:
        if one.label == other.label or one.plain == other.plain:
            return False
        return fuzz.ratio(one.plain, other.plain, score_cutoff=ALIKE) > 0

    for example, other in _pairs(project.examples, halves, one_word_apart):
        yield _found(
            project,
            "example-alike",
            example,
            f"“{example.short}” differs in one word from “{other.short}” ({other.where}).",
            "Leave one of the two, or write it in other words.",
        )
    for example, other in _pairs(project.examples, starts, nearly_equal):
        yield _found(
            project,
            "example-alike",
            example,
            f"“{example.short}” is nearly “{other.short}” of {other.label!r} ({other.where}).",
            "Leave one of the two, where docs/intents.md wants it.",
        )


def _pairs(
    examples: list[Example],
    keys: Callable[[Example], list[Hashable]],
    alike: Callable[[Example, Example], bool],
) -> Iterator[tuple[Example, Example]]:
    """Yield each example that is `alike` an earlier one with which it shares one of its keys."""
    groups: dict[Hashable, list[Example]] = defaultdict(list)
    for example in examples:
        for key in keys(example):
            groups[key].append(example)
    told = set()
    for group in groups.values():
        for earlier, later in combinations(group, 2):
            if later not in told and alike(earlier, later):
                told.add(later)
                yield later, earlier


def _found(project: Project, rule: str, example: Example, text: str, remedy: str) -> Finding:
    return project.finding(rule, example.path, example.line, text, remedy)
