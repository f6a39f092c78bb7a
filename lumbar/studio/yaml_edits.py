"""Adds to the YAML files that people edit, as they would: every other byte stays as it is."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from lumbar.studio.errors import StudioError

KEYS = ("id", "section", "text", "figures", "evidence", "source")
UNBROKEN = 1 << 20
"""Characters of a line; the file has each text in one."""


def add_facts(source: str, facts: Sequence[Mapping[str, Any]]) -> str:
    """Return `source`, the text of a facts.yml, with `facts` at the end of its `facts:`.

    A fact has some of `KEYS`, which are written in that order, the empty ones left out.
    `source` has the file's own line ends: decode its bytes, text mode would lose them.

    Raises:
        StudioError: there is no `facts:` with one fact below the other.
        ruamel.yaml.error.MarkedYAMLError: `source` is no valid YAML.
    """
    if not facts:
        return source
    at, column = _end_of_list(source, "facts")
    newline = "\r\n" if "\r\n" in source else "\n"
    added = newline.join(line for fact in facts for line in _item(fact, column))
    if source[:at].endswith("\n"):
        return source[:at] + added + newline + source[at:]
    return source + newline + added


def _end_of_list(source: str, key: str) -> tuple[int, int]:
    """Return the index where a further item begins, and the column of its dash."""
    # What reads YAML in Python tells where each value ends; what does in C, does not.
    root = YAML(typ="safe", pure=True).compose(source)
    pairs = root.value if isinstance(root, MappingNode) else []
    name, items = next((pair for pair in pairs if pair[0].value == key), (root, root))
    listed = isinstance(items, SequenceNode) and not items.flow_style
    if not listed and not (isinstance(items, ScalarNode) and not items.value):
        raise StudioError(
            f"facts.yml: there is no list {key!r} with one item below the other. Write `{key}:` "
            "in a line of its own, and each item with a dash in lines below it."
        )
    end = max(end_of(name), end_of(items))
    column = items.start_mark.column if listed else 2
    if source[:end].endswith("\n"):
        return end, column
    return source.find("\n", end) + 1 or len(source), column


def end_of(node: Any) -> int:
    """Return where the text of `node` ends; comments that follow are no part of it."""
    if isinstance(node, ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    if isinstance(node, MappingNode):
        # The key too: an alias as a value tells where its anchor stands.
        return max(max(end_of(key), end_of(value)) for key, value in node.value)
    return max(map(end_of, node.value))


def _item(fact: Mapping[str, Any], column: int) -> list[str]:
    """Return the lines of a list's item."""
    writer: Any = YAML()
    writer.width = UNBROKEN
    stream = io.StringIO()
    kept = {key: fact[key] for key in KEYS if fact.get(key)}
    writer.dump({key: _quoted(value, key == "figures") for key, value in kept.items()}, stream)
    first, *others = stream.getvalue().rstrip("\n").split("\n")
    return [" " * column + f"- {first}", *(" " * (column + 2) + line for line in others)]


def _quoted(value: Any, always: bool) -> Any:
    """Return a text, or a list of texts for one line, in double quotes where it needs them."""
    if not isinstance(value, str):
        # Between brackets, "0?" and ":0" are not read back by every reader.
        items = CommentedSeq(_quoted(item, always or not item.isidentifier()) for item in value)
        items.fa.set_flow_style()
        return items
    # In other quotes a line break, or a letter that cannot be seen, is not always read back.
    return DoubleQuotedScalarString(value) if always or not value.isprintable() else value
