"""Reads the YAML files that people edit, with errors they can act on."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError


class ContentError(Exception):
    """A file that people edit cannot be used; the text says where and what to do."""


def read_yaml(path: Path, *, with_positions: bool = False) -> Any:
    """Return what `path` holds; `with_positions` keeps line numbers and takes longer.

    Raises:
        ContentError: the file is missing, in another encoding or no valid YAML.
    """
    reader = YAML(typ="rt" if with_positions else "safe")
    try:
        return reader.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContentError(f"{path}: the file is missing. Restore it from git.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(
            f"{path}:{line}: a letter here is no UTF-8. Save the file with encoding UTF-8."
        ) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ContentError(
            f"{path}:{line}: this is no valid YAML ({error.problem}). Look at the "
            "indentation, colons and quotes of this line and the one before."
        ) from None
