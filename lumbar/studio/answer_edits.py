"""Adds an answer, its question and its story; every other byte of the files stays as it is."""

import io
import re
import textwrap
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.scalarstring import LiteralScalarString

from lumbar import content
from lumbar.studio.errors import StudioError
from lumbar.studio.yaml_edits import UNBROKEN, end_of

WIDTH = 88
STORIES = 'version: "3.1"\n\nstories:\n'
_BRACES = re.compile(r"\{[^{}]*\}?")


def add_answer(
    source: str, key: str, answer: str, facts: Sequence[str], questions: Sequence[str]
) -> str:
    """Return `source`, the text of a domain.yml, with the answer behind the other FAQ answers.

    `questions` become buttons.

    Raises:
        StudioError: the file has no FAQ answers, or `answer` holds a brace that Rasa would
            take for a slot.
    """
    fillings = content.load().clinic.fillings
    for braces in _BRACES.findall(answer):
        if braces not in fillings:
            raise StudioError(
                f"The answer holds {braces!r}. In braces, only {', '.join(fillings)} are known."
            )
    at, indent = _behind(source, "responses", "utter_faq/", "domain.yml")
    return _insert(source, at, _response(f"utter_{key}", answer, facts, questions, indent))


def add_question(source: str, key: str, question: str) -> str:
    """Return `source`, the text of a phrases.yml, with `question` behind the other FAQ ones.

    Raises:
        StudioError: the file has no FAQ questions.
    """
    at, indent = _behind(source, "questions", "faq/", "phrases.yml")
    return _insert(source, at, textwrap.indent(_dump({key: question}), " " * indent))


def add_story(source: str, turns: Sequence[tuple[str, str, list[Any]]]) -> str:
    """Return `source`, the text of a file of test stories or "", with one more.

    A turn is what the patient says, its label, and the steps that follow. The story is
    called after the first one, and by a number where there is one of that name.
    """
    told = YAML(typ="safe").load(source)["stories"] if source else []
    names = {story["story"] for story in told}
    asks = f"a patient asks: {turns[0][0]}"
    name = next(
        one for one in (asks, *(f"{asks} ({n})" for n in range(2, 1_000))) if one not in names
    )
    steps: list[dict[str, Any]] = []
    for said, label, following in turns:
        steps.append({"user": LiteralScalarString(f"{said}\n"), "intent": label})
        steps += following
    writer = _writer()
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    writer.dump({"stories": [{"story": name, "steps": steps}]}, stream)
    story = stream.getvalue().split("\n", 1)[1]
    before = source or STORIES
    if not before.endswith("\n"):
        before += "\n"
    gap = "\n" if source else ""
    return _with_line_ends(before, before + gap + story)


def _behind(source: str, key: str, prefix: str, file: str) -> tuple[int, int]:
    """Return the index behind the last of `key`'s entries that begin with `prefix`, and its
    column."""
    root = YAML(typ="safe", pure=True).compose(source)
    pairs = root.value if isinstance(root, MappingNode) else []
    entries = next((value for name, value in pairs if name.value == key), None)
    ours = [
        (name, value)
        for name, value in (entries.value if isinstance(entries, MappingNode) else [])
        if str(name.value).startswith(prefix)
    ]
    if not ours:
        raise StudioError(
            f"{file}: there is nothing like `{prefix}…` under `{key}:` to write behind."
        )
    name, value = ours[-1]
    end = end_of(value)
    if not source[:end].endswith("\n"):
        end = source.find("\n", end) + 1 or len(source)
    return end, name.start_mark.column


def _response(
    name: str, answer: str, facts: Sequence[str], questions: Sequence[str], indent: int
) -> str:
    text = textwrap.fill(
        " ".join(answer.split()),
        WIDTH - indent - 6,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    rest = f"metadata:\n  facts: [{', '.join(facts)}]\n"
    if questions:
        buttons = _dump([{"title": one, "payload": one} for one in questions])
        rest += "buttons:\n" + textwrap.indent(buttons, "  ")
    response = f"- text: >-\n{text}\n" + textwrap.indent(rest, "  ")
    return textwrap.indent(f"{name}:\n" + textwrap.indent(response, "  "), " " * indent)


def _dump(node: Any) -> str:
    stream = io.StringIO()
    _writer().dump(node, stream)
    return stream.getvalue()


def _writer() -> Any:
    writer: Any = YAML()
    writer.width = UNBROKEN
    writer.representer.ignore_aliases = lambda _: True
    return writer


def _insert(source: str, at: int, block: str) -> str:
    before = source[:at]
    if before and not before.endswith("\n"):
        before += "\n"
    return _with_line_ends(source, before + block + source[at:])


def _with_line_ends(source: str, text: str) -> str:
    if "\r\n" not in source:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
