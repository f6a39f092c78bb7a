"""Versions of the model: what each was made from, how it did, and which one is served.

A version is a folder under `models/versions/` with the model, the files it was made from
and a record. `models/served` is a link to one of them, so that serving another one is a
single step that cannot be seen half done.
"""

import json
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lumbar.documents import read_yaml
from lumbar.language.fingerprint import fingerprint
from lumbar.settings import settings
from lumbar.studio import errors
from lumbar.studio.files import exclusive, write_whole

MODEL = "lumbar.tar.gz"
RECORD = "record.json"
RESULTS = "results.json"
PARTIAL = ".partial"
KEPT = 10
"""Versions, besides the one that is served and the one before it."""

INPUTS = ("config.yml", "domain.yml", "data/*.yml", "tests/stories/*.yml", "tests/nlu/*.tsv")
PACKAGES = ("lumbar", "rasa", "spacy", "scikit-learn", "onnxruntime")


@dataclass(frozen=True)
class Version:
    """One trained model with what it was made from."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def model(self) -> Path:
        return self.folder / MODEL

    @property
    def record(self) -> dict[str, Any]:
        """`made` (ISO time), `from` (hash of the inputs), `understanding` (hash of those that
        the classifier and the dialogue are trained on), `packages`, `examples` by label,
        `scores` (share right by group of held-out questions; stories passed and all)."""
        return dict(json.loads((self.folder / RECORD).read_text(encoding="utf-8")))

    @property
    def results(self) -> dict[str, Any]:
        """`questions`: by text the `label` given and those that are `right`; `stories`: by
        name whether it passed."""
        return dict(json.loads((self.folder / RESULTS).read_text(encoding="utf-8")))


def every() -> list[Version]:
    """Return all versions, the latest first."""
    folders = sorted(_versions().glob("*/"), reverse=True)
    return [Version(one) for one in folders if (one / RECORD).is_file()]


def served() -> Version | None:
    """Return the version that is served, if there is one."""
    folder = settings.served.resolve()
    return Version(folder) if (folder / RECORD).is_file() else None


def find(name: str) -> Version:
    """Return the version whose id begins or ends with `name`.

    Raises:
        StudioError: there is none, or several.
    """
    ids = [one.id for one in every()]
    found = [one for one in ids if one == name] or [
        one for one in ids if one.startswith(name) or one.endswith(name)
    ]
    if len(found) == 1:
        return Version(_versions() / found[0])
    if found:
        raise errors.StudioError(f"{name!r} means {', '.join(found)}. Write more of the one.")
    remedy = errors.nearest(name, ids) if ids else "Make one with `lumbar train`."
    raise errors.StudioError(f"There is no version {name!r}. {remedy}")


def begin() -> Version:
    """Copy the inputs, as they are now, into the folder of a version to be."""
    for left in _versions().glob(f"*{PARTIAL}"):
        shutil.rmtree(left)
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = _versions() / (name + PARTIAL)
    for path, relative in _inputs(settings.project):
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return Version(folder)


def finish(partial: Version, record: dict[str, Any], results: dict[str, Any]) -> Version:
    """Write down how `partial` did, and count it as a version from now on."""
    write_whole(partial.folder / RESULTS, json.dumps(results).encode())
    write_whole(partial.folder / RECORD, json.dumps(record, indent=1).encode())
    folder = partial.folder.with_name(partial.folder.name.removesuffix(PARTIAL))
    partial.folder.replace(folder)
    _point(settings.models / "newest", folder)
    _prune()
    return Version(folder)


def renew(known: Version) -> None:
    """Count a version that was made from the inputs as they are now as the newest."""
    _point(settings.models / "newest", known.folder)
    known.model.touch()


def promote(chosen: Version) -> None:
    """Serve `chosen` from now on; a running server takes it up by itself."""
    with exclusive("promote", "models"):
        _point(settings.served, chosen.folder)
        _write_stack([*_stack(), chosen.id])
        legacy = settings.models / MODEL
        if not legacy.is_symlink():
            _point(legacy, settings.served / MODEL)


def rollback() -> Version:
    """Serve the version before the one that is served.

    Raises:
        StudioError: there is none.
    """
    with exclusive("rollback", "models"):
        now, stack = served(), _stack()
        # What was promoted before the latest time that the served one was.
        while stack and now and stack.pop() != now.id:
            pass
        while stack and not (_versions() / stack[-1] / RECORD).is_file():
            stack.pop()
        if now is None or not stack:
            raise errors.StudioError(
                "No model was served before this one. `lumbar models` lists what there is."
            )
        _point(settings.served, _versions() / stack[-1])
        _write_stack(stack)
        return Version(_versions() / stack[-1])


def promoted_at() -> float:
    """Return when the served version was promoted, in seconds since 1970; 0 without one."""
    return os.lstat(settings.served).st_mtime if settings.served.is_symlink() else 0.0


def made_from(folder: Path) -> str:
    """Return a hash of the inputs in `folder`, a project or a version, and of the pipeline."""
    digest = sha256(fingerprint(_content(folder)).encode())
    for path, relative in _inputs(folder):
        digest.update(f"{relative}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def understanding(folder: Path) -> str:
    """Return a hash of what the classifier and the dialogue in `folder` are trained and
    measured on, which is all but the answers' texts."""
    domain = read_yaml(folder / "domain.yml")
    domain["responses"] = sorted(domain.get("responses", {}))
    known = fingerprint(_content(folder)) + json.dumps(domain, sort_keys=True)
    digest = sha256(known.encode())
    for path, relative in _inputs(folder):
        if relative == "config.yml" or relative.startswith(("data/", "tests/")):
            digest.update(f"{relative}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def packages() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def threshold(folder: Path) -> float:
    """Return `abstain_below` of the project or version in `folder`."""
    pipeline = read_yaml(folder / "config.yml")["pipeline"]
    return float(next(one["abstain_below"] for one in pipeline if "abstain_below" in one))


def _content(folder: Path) -> Path:
    return settings.content if folder == settings.project else folder / "content"


def _inputs(folder: Path) -> list[tuple[Path, str]]:
    files = [(path, str(path.relative_to(folder))) for one in INPUTS for path in folder.glob(one)]
    files += [(path, f"content/{path.name}") for path in _content(folder).glob("*.yml")]
    return sorted(files, key=lambda one: one[1])


def _versions() -> Path:
    return settings.models / "versions"


def _point(link: Path, target: Path) -> None:
    new = link.with_name(f".{link.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()
    new.symlink_to(os.path.relpath(target, link.parent.resolve()))
    new.replace(link)


def _stack() -> list[str]:
    path = settings.models / "promoted.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def _write_stack(stack: list[str]) -> None:
    write_whole(settings.models / "promoted.json", json.dumps(stack[-KEPT:]).encode())


def _prune() -> None:
    now = served()
    needed = {*_stack()[-2:], *([now.id] if now else [])}
    for one in every()[KEPT:]:
        if one.id not in needed:
            shutil.rmtree(one.folder)


def age(moment: str) -> str:
    """Return how long ago the ISO time `moment` was."""
    minutes = max(0, int((time.time() - datetime.fromisoformat(moment).timestamp()) / 60))
    for size, unit in ((60 * 24, "d"), (60, "h"), (1, "min")):
        if minutes >= size:
            return f"{minutes // size} {unit} ago"
    return "just now"
