"""Adds and removes training examples, one line each; every other byte stays as it is."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from lumbar.studio.errors import StudioError
from lumbar.studio.rules.examples import LONGEST

_MARKUP = re.compile(r"\](?=[(\[{])")
_INTENT = re.compile(r"^(?P<indent> *)- intent: *(?P<label>[^\s#]+)")
_EXAMPLE = re.compile(r"^ *- ")


def as_example(text: str) -> str:
    """Return what a patient typed as the line of an example.

    Raises:
        StudioError: it is empty, or longer than the website takes.
    """
    line = " ".join(text.split()).lstrip("-•*/ ")
    if not line:
        raise StudioError("An example is empty. Write what a patient would type.")
    if len(line) > LONGEST:
        raise StudioError(
            f"An example has {len(line):,} characters (“{line[:40]} …”): patients may type "
            f"{LONGEST:,}. Shorten it to the question."
        )
    # To Rasa, "[name](…" would mark an entity.
    return _MARKUP.sub("] ", line)


def add_examples(source: str, label: str, texts: Sequence[str]) -> str:
    """Return `source`, the text of an nlu*.yml, with `texts` at the end of `label`'s examples.

    Raises:
        StudioError: `source` has no block of that label.
    """
    lines = source.splitlines(keepends=True)
    start, end = _block(lines, label)
    last = next(place for place in range(end - 1, start, -1) if lines[place].strip())
    indent = re.match(" *", lines[last])[0] if _EXAMPLE.match(lines[last]) else None  # type: ignore[index]
    if indent is None:
        indent = " " * (len(re.match(" *", lines[start])[0]) + 4)  # type: ignore[index]
    ending = _line_ending(source)
    if not lines[last].endswith("\n"):
        lines[last] += ending
    added = [f"{indent}- {text}{ending}" for text in texts]
    return "".join([*lines[: last + 1], *added, *lines[last + 1 :]])


def add_label(source: str, label: str, texts: Sequence[str]) -> str:
    """Return `source` with a block of a new `label` behind all others."""
    starts = [match for line in source.splitlines() if (match := _INTENT.match(line))]
    indent = starts[-1]["indent"] if starts else "  "
    ending = _line_ending(source)
    lines = [
        f"{indent}- intent: {label}",
        f"{indent}  examples: |",
        *(f"{indent}    - {text}" for text in texts),
    ]
    gap = ending if source.endswith("\n") else ending * 2
    return source + gap + ending.join(lines) + ending * source.endswith("\n")


def remove_examples(source: str, label: str, texts: Iterable[str]) -> str:
    """Return `source` without those lines of `label`'s examples."""
    lines = source.splitlines(keepends=True)
    start, end = _block(lines, label)
    gone = set(texts)
    kept = [
        line
        for place, line in enumerate(lines)
        if not (start < place < end and _EXAMPLE.match(line) and line.strip()[2:].strip() in gone)
    ]
    return "".join(kept)


def labels(source: str) -> list[str]:
    """Return the labels that have a block in `source`."""
    return [match["label"] for line in source.splitlines() if (match := _INTENT.match(line))]


def _block(lines: Sequence[str], label: str) -> tuple[int, int]:
    starts = [place for place, line in enumerate(lines) if _INTENT.match(line)]
    for place, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if _INTENT.match(lines[place])["label"].strip("\"'") == label:  # type: ignore[index]
            return place, end
    close = get_close_matches(label, labels("".join(lines)), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise StudioError(f"There are no examples of {label!r} in this file.{hint}")


def _line_ending(source: str) -> str:
    return "\r\n" if "\r\n" in source else "\n"
