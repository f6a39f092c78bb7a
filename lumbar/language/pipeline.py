"""Builds, saves and loads the spaCy pipeline that reads every message."""

import shutil
from functools import lru_cache
from pathlib import Path

import spacy
from filelock import FileLock
from spacy.language import Language
from spacy.tokens import Doc

from lumbar import content
from lumbar.language import matcher, red_flags  # noqa: F401  (register factories)
from lumbar.language.encoder import SentenceEncoder
from lumbar.language.fingerprint import fingerprint
from lumbar.settings import settings

MAX_CHARACTERS = 1000
"""Read of one message; the website takes no longer ones."""


class EncoderComponent:
    """spaCy component: `doc.vector` is the sentence vector of the text."""

    def __init__(self) -> None:
        self.encoder: SentenceEncoder | None = None

    def __call__(self, doc: Doc) -> Doc:
        doc.user_hooks["vector"] = self._vector
        return doc

    def _vector(self, doc: Doc):
        assert self.encoder is not None, "the pipeline was not loaded from its folder"
        return self.encoder([doc.text])[0]

    def to_disk(self, path: Path, exclude=()) -> None:
        from lumbar.language.encoder_graph import build, weights_folder

        build(weights_folder(settings.weights), Path(path))

    def from_disk(self, path: Path, exclude=()) -> "EncoderComponent":
        self.encoder = SentenceEncoder(Path(path))
        return self


@Language.factory("sentence_encoder")
def _create(nlp: Language, name: str) -> EncoderComponent:
    return EncoderComponent()


def load() -> Language:
    """Return the pipeline, built first when it is missing or older than its parts."""
    names = (settings.content / "treatments.yml").resolve()
    return _load(names, names.stat().st_mtime_ns if names.is_file() else 0)


@lru_cache(maxsize=1)
def _load(names: Path, changed: int) -> Language:
    content.load()
    current = fingerprint()
    folder = settings.build / "pipeline"
    stamp = folder / "fingerprint"
    # Where nothing is to be built, nothing need be writable.
    if not _is_current(stamp, current):
        settings.build.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.build / "pipeline.lock"):
            if not _is_current(stamp, current):
                _build(folder)
                stamp.write_text(current)
    nlp = spacy.load(folder)
    tokenize = nlp.tokenizer
    nlp.tokenizer = lambda text: tokenize(text[:MAX_CHARACTERS])
    return nlp


def _is_current(stamp: Path, current: str) -> bool:
    return stamp.is_file() and stamp.read_text() == current


def _build(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    nlp = spacy.blank("en")
    for component in ("sentence_encoder", "treatment_matcher", "red_flags"):
        nlp.add_pipe(component)
    nlp.to_disk(folder)


def encoder() -> SentenceEncoder:
    """Return the pipeline's sentence encoder."""
    return load().get_pipe("sentence_encoder").encoder  # type: ignore[attr-defined]
