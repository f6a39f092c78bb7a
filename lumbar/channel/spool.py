"""Turns that wait for the database, in files that outlive the process."""

import json
import logging
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

DIGITS = 12

logger = logging.getLogger(__name__)


class Spool:
    """Keeps what waits in `folder`, a file each, named in the order in which it came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(max((int(path.stem) for path in self._files()), default=0) + 1)

    def keep(self, sender: str, rows: list[dict[str, Any]]) -> Path | None:
        """Return the file that holds it now, None where there is no room for one."""
        path = self._folder / f"{next(self._numbers):0{DIGITS}}.json"
        partial = path.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_text(json.dumps([sender, rows]), encoding="utf-8")
            return partial.replace(path)
        except OSError as error:
            logger.error("A turn waits in memory only: %s", type(error).__name__)
            delete(partial)
            return None

    def left(self) -> list[tuple[Path, str, list[dict[str, Any]]]]:
        """Return what an earlier process left and can be read, the oldest first."""
        found = []
        for path in self._files():
            try:
                found.append((path, *json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError) as error:
                logger.error("%s could not be read: %s", path, type(error).__name__)
        return found

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]" * DIGITS + ".json"))


def delete(path: Path) -> None:
    """Delete what `keep` returned; what stays is known to the database, and not written again."""
    with suppress(OSError):
        path.unlink()
