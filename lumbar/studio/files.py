"""Changes several files as one, and takes such a change back.

A change is first written down whole, what was and what will be, beside the history of
earlier ones. Putting `pending` in place is the moment it counts: whoever is killed before
has changed nothing, whoever is killed after is completed by the next one who looks.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lumbar.settings import settings
from lumbar.studio import errors

MANIFEST = "manifest.json"
KEPT = 50
"""Changes that can be taken back."""


@dataclass(frozen=True)
class Change:
    """`before` and `after` hold each file's bytes, None where there is no file."""

    what: str
    before: Mapping[Path, bytes | None]
    after: Mapping[Path, bytes | None]


@contextmanager
def exclusive(purpose: str, name: str = "studio") -> Iterator[None]:
    """Let one command at a time in; a second one says for whom it waits."""
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(settings.state / f"{name}.lock")
    holder = settings.state / f"{name}.holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with suppress(OSError):
            print(f"Waiting for {holder.read_text(encoding='utf-8')} to end.", flush=True)
        lock.acquire()
    try:
        holder.write_text(f"{purpose!r} (process {os.getpid()})", encoding="utf-8")
        yield
    finally:
        lock.release()


def apply(change: Change) -> None:
    """Write every file of `change`, or none.

    Raises:
        StudioError: a file is no longer as `change.before` says, or cannot be written.
    """
    with exclusive(change.what):
        _complete()
        for path, content in change.before.items():
            if _read(path) != content:
                raise errors.changed_meanwhile(path)
        _commit(change)


def undo() -> str:
    """Take the latest change back and return what it was.

    Raises:
        StudioError: there is none, or a file has changed since.
    """
    with exclusive("undo"):
        _complete()
        entry = _latest()
        if entry is None:
            raise errors.StudioError("There is nothing to undo.")
        manifest = _manifest(entry)
        after: dict[Path, bytes | None] = {}
        for number, (name, digest) in enumerate(manifest["files"].items()):
            path = settings.project / name
            if _digest(_read(path)) != digest:
                raise errors.changed_since(path, manifest["what"])
            after[path] = _read(entry / str(number))
        _commit(Change(manifest["what"], {}, after), undoes=entry.name)
        return str(manifest["what"])


def recover() -> None:
    """Complete a change that was interrupted after it counted."""
    if any((_folder() / name).is_dir() for name in ("pending", "preparing")):
        with exclusive("recovery"):
            _complete()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens.

    Raises:
        StudioError: there is no room, or no right to write.
    """
    partial = path.with_name(f".{path.name}.partial")
    _write(partial, content, path)
    try:
        partial.replace(path)
    except OSError as error:
        partial.unlink()
        raise errors.cannot_write(path, error.strerror or str(error)) from None


def _write(path: Path, content: bytes, target: Path) -> None:
    """Write what is to become `target`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, path)
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise errors.cannot_write(target, error.strerror or str(error)) from None


def _commit(change: Change, undoes: str = "") -> None:
    entry = _folder() / "preparing"
    files = {os.path.relpath(path, settings.project): path for path in change.after}
    manifest = {
        "what": change.what,
        "time": time.time(),
        "files": {name: _digest(change.after[path]) for name, path in files.items()},
        "undoes": undoes,
    }
    try:
        write_whole(entry / MANIFEST, json.dumps(manifest).encode())
        for number, path in enumerate(change.before):
            if (content := change.before[path]) is not None:
                write_whole(entry / str(number), content)
        for path, content in change.after.items():
            if content is not None:
                _write(_beside(path), content, path)
    except errors.StudioError:
        _discard()
        raise
    entry.replace(_folder() / "pending")
    _finish()


def _finish() -> None:
    """Complete the pending change in a process that outlives this one being killed."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            _complete()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    _complete()


def _complete() -> None:
    _discard()
    entry = _folder() / "pending"
    if not entry.is_dir():
        return
    manifest = _manifest(entry)
    for name, digest in manifest["files"].items():
        path = settings.project / name
        if digest is None:
            path.unlink(missing_ok=True)
        else:
            # Whoever is killed meanwhile, another one completes at the same time.
            with suppress(FileNotFoundError):
                _beside(path).replace(path)
    if manifest["undoes"]:
        shutil.rmtree(_history() / manifest["undoes"], ignore_errors=True)
        shutil.rmtree(entry, ignore_errors=True)
        return
    latest = _latest()
    _history().mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        entry.replace(_history() / f"{int(latest.name) + 1 if latest else 1:06}")
    for old in sorted(_history().iterdir())[:-KEPT]:
        shutil.rmtree(old)


def _discard() -> None:
    """Remove what a change left that never counted."""
    entry = _folder() / "preparing"
    if (entry / MANIFEST).is_file():
        for name in _manifest(entry)["files"]:
            _beside(settings.project / name).unlink(missing_ok=True)
    shutil.rmtree(entry, ignore_errors=True)


def _folder() -> Path:
    return settings.state / "changes"


def _history() -> Path:
    return _folder() / "history"


def _latest() -> Path | None:
    return max(_history().iterdir(), default=None) if _history().is_dir() else None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _manifest(entry: Path) -> dict[str, Any]:
    return dict(json.loads((entry / MANIFEST).read_text(encoding="utf-8")))


def _digest(content: bytes | None) -> str | None:
    return None if content is None else sha256(content).hexdigest()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
