"""Reads the YAML files that people edit, with errors they can act on."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import ModelField
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.reader import ReaderError

BYTE_ORDER_MARK = "\ufeff"
# What YAML takes for no letter.
_UNSEEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ContentError(Exception):
    """A file that people edit cannot be used: where, what is wrong there, and what to do."""

    def __init__(self, path: Path, line: int, text: str, remedy: str) -> None:
        super().__init__(path, line, text, remedy)
        self.path = path
        self.line = line
        self.text = text
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text} {self.remedy}"


def read_yaml(path: Path) -> Any:
    """Return what `path` holds.

    Raises:
        ContentError: the file cannot be read, is in another encoding or no valid YAML.
    """
    text = _text(path)
    try:
        return YAML(typ="safe").load(text)
    except ReaderError:
        found = _UNSEEN.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise ContentError(
            path, line, "a letter here cannot be seen and is none.", "Type the line anew."
        ) from None
    except MarkedYAMLError as error:
        raise _explained(path, text, error) from None
    except ValueError as error:
        why = f"the value is no valid date or number ({error})."
        raise ContentError(path, _wrong_value(text), why, "Put it in quotes.") from None


def read_as(path: Path, model: type[BaseModel]) -> tuple[Any, list[ContentError]]:
    """Return `path` as a `model`, and what is wrong with it.

    What can be used of a file with errors is the rest of it: without the entry of a list or a
    table that has one. Where no rest can be used, None is returned.
    """
    try:
        tree = read_yaml(path)
    except ContentError as error:
        return None, [error]
    try:
        return model.parse_obj(tree), []
    except ValidationError as error:
        places = Places(path)
        wrong: dict[tuple[str | int, ...], dict[str, Any]] = {}
        for one in error.errors():
            wrong.setdefault(_place(dict(one)), dict(one))
        errors = [_told(path, places, place, one, model) for place, one in wrong.items()]
    try:
        return model.parse_obj(_rest(tree, wrong)), errors
    except ValidationError:
        return None, errors


def _rest(tree: Any, wrong: Iterable[tuple[str | int, ...]]) -> Any:
    """Return `tree` without the entries of its lists and tables that hold `wrong` places."""
    if not isinstance(tree, dict):
        return tree
    entries = {place[:2] for place in wrong}
    rest = {}
    for key, value in tree.items():
        if (key,) in entries:
            continue
        if isinstance(value, list):
            value = [one for index, one in enumerate(value) if (key, index) not in entries]
        elif isinstance(value, dict):
            value = {name: one for name, one in value.items() if (key, name) not in entries}
        rest[key] = value
    return rest


class Places:
    """Where the keys and items of a YAML file stand. The file is valid, see `read_yaml`."""

    def __init__(self, path: Path) -> None:
        self.root: Node = YAML(typ="safe").compose(_text(path))

    def line(self, *place: str | int) -> int:
        """Return the line, from 1 on, of the key or item that is reached by the keys and
        indices of `place`; of the last one that is there."""
        node, line = self.root, 1
        for part in place:
            if isinstance(node, MappingNode):
                found = [pair for pair in node.value if pair[0].value == str(part)]
                if not found:
                    break
                key, node = found[0]
                line = key.start_mark.line + 1
            elif isinstance(node, SequenceNode) and int(part) < len(node.value):
                node = node.value[int(part)]
                line = node.start_mark.line + 1
            else:
                break
        return line


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the known name most like `name`, if one is."""
    close = get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]!r}?" if close else "Correct or remove it."


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContentError(path, 1, "the file is missing.", "Restore it from git.") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise ContentError(path, 1, f"the file cannot be read ({why}).", "Restore it.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ContentError(
            path, line, "a letter here is no UTF-8.", "Save the file with encoding UTF-8."
        ) from None
    if text.startswith(BYTE_ORDER_MARK):
        raise ContentError(
            path,
            1,
            "the file begins with a byte-order mark, a sign that cannot be seen.",
            "Save the file as “UTF-8”, not as “UTF-8 with BOM”.",
        )
    return text


def _explained(path: Path, text: str, error: MarkedYAMLError) -> ContentError:
    lines = text.splitlines()
    marks = [mark.line for mark in (error.problem_mark, error.context_mark) if mark] or [0]
    # A quote that is never closed is noticed behind the last line.
    line = next((mark for mark in marks if mark < len(lines)), marks[0]) + 1
    if isinstance(error, DuplicateKeyError):
        key = re.search('"(.*?)"', error.problem)
        name = repr(key[1]) if key else "a key"
        return ContentError(
            path, line, f"{name} stands twice in the same place.", "Keep one of the two."
        )
    written = "".join(lines[line - 1 : line])
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return ContentError(
            path,
            line,
            "the line begins with a tab.",
            "Indent it with spaces, as far as the lines around it.",
        )
    return ContentError(
        path,
        line,
        f"this is no valid YAML ({error.problem}).",
        "Look at the indentation, colons and quotes of this line and the one before.",
    )


def _wrong_value(text: str) -> int:
    """Return the line of the first value that is none of the kind it looks like."""
    reader: Any = YAML(typ="safe")
    nodes = [reader.compose(text)]
    for node in nodes:
        if isinstance(node, MappingNode):
            nodes += chain.from_iterable(node.value)
        elif isinstance(node, SequenceNode):
            nodes += node.value
        else:
            try:
                reader.constructor.construct_document(node)
            except ValueError:
                return int(node.start_mark.line) + 1
    return 1


def _place(error: dict[str, Any]) -> tuple[str | int, ...]:
    return tuple(part for part in error["loc"] if part not in ("__root__", "__key__"))


def _told(
    path: Path,
    places: Places,
    place: tuple[str | int, ...],
    error: dict[str, Any],
    model: type[BaseModel],
) -> ContentError:
    key = ".".join(map(str, place)) or "the file"
    if error["type"] == "value_error.missing":
        line = places.line(*place[:-1])
        return ContentError(path, line, f"the key {key!r} is missing.", "Add it.")
    line = places.line(*place)
    if error["type"] == "value_error.extra":
        remedy = nearest(str(place[-1]), _known_names(model, place))
        return ContentError(path, line, f"unknown key {key!r}.", remedy)
    remedy = "Correct the value." if place else "Fill in the file."
    return ContentError(path, line, f"{key}: {error['msg']}.", remedy)


def _known_names(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    inner: Any = model
    for part in place[:-1]:
        field = getattr(inner, "__fields__", {}).get(part)
        if field is not None:
            inner = _innermost(field).type_
    return list(getattr(inner, "__fields__", ()))


def _innermost(field: ModelField) -> ModelField:
    return _innermost(field.sub_fields[0]) if field.sub_fields else field
