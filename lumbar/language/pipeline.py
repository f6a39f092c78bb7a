"""Builds, saves and loads the spaCy pipeline that reads every message."""

import hashlib
import shutil
from functools import lru_cache
from pathlib import Path

import spacy
from filelock import FileLock
from spacy.language import Language
from spacy.tokens import Doc

from lumbar import content
from lumbar.language import language_id, matcher, red_flags  # noqa: F401  (register factories)
from lumbar.language.encoder import PACKAGE_SHA256, SentenceEncoder, build, weights_folder
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
        build(weights_folder(settings.weights), Path(path))

    def from_disk(self, path: Path, exclude=()) -> "EncoderComponent":
        self.encoder = SentenceEncoder(Path(path))
        return self


@Language.factory("sentence_encoder")
def _create(nlp: Language, name: str) -> EncoderComponent:
    return EncoderComponent()


def fingerprint() -> str:
    """Return what the pipeline is made from, as a hash: code, names and weights."""
    digest = hashlib.sha256((spacy.__version__ + str(settings.weights or PACKAGE_SHA256)).encode())
    sources = [*sorted(Path(__file__).parent.glob("*.py")), settings.content / "treatments.yml"]
    for path in sources:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def load() -> Language:
    """Return the pipeline, built first when it is missing or older than its parts."""
    content.load()
    folder = settings.build / "pipeline"
    stamp = folder / "fingerprint"
    current = fingerprint()
    settings.build.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.build / "pipeline.lock"):
        if not stamp.is_file() or stamp.read_text() != current:
            shutil.rmtree(folder, ignore_errors=True)
            nlp = spacy.blank("en")
            for component in ("sentence_encoder", "treatment_matcher", "red_flags", "language_id"):
                nlp.add_pipe(component)
            nlp.to_disk(folder)
            stamp.write_text(current)
    nlp = spacy.load(folder)
    tokenize = nlp.tokenizer
    nlp.tokenizer = lambda text: tokenize(text[:MAX_CHARACTERS])
    return nlp


def encoder() -> SentenceEncoder:
    """Return the pipeline's sentence encoder."""
    return load().get_pipe("sentence_encoder").encoder  # type: ignore[attr-defined]
