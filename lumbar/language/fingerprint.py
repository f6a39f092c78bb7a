"""What the language pipeline is made from, told without loading it."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from lumbar.settings import settings


def fingerprint(content: Path | None = None) -> str:
    """Return a hash of the pipeline's code, which holds the checksum of the weights, and of
    the names in `content`, by default `settings.content`."""
    digest = hashlib.sha256((version("spacy") + str(settings.weights or "")).encode())
    sources = sorted(Path(__file__).parent.glob("*.py"))
    for path in [*sources, (content or settings.content) / "treatments.yml"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
