"""Keeps the vectors of training examples, so that none is computed twice.

Teaching ten new examples then encodes ten, not ten thousand.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

from lumbar.language.encoder import WIDTH, SentenceEncoder
from lumbar.settings import settings


def example_vectors(encoder: SentenceEncoder, texts: Sequence[str]) -> np.ndarray:
    """Return the sentence vectors of `texts`, shape (len(texts), WIDTH), float32."""
    path = settings.build / f"vectors-{encoder.digest}.npz"
    keys = [hashlib.sha1(text.encode()).hexdigest() for text in texts]
    with FileLock(path.with_suffix(".lock")):
        known = _read(path)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            fresh = encoder(list(missing.values()))
            known.update(zip(missing, fresh, strict=True))
            partial = path.with_suffix(".partial.npz")
            np.savez(partial, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
            partial.replace(path)
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, WIDTH), np.float32)


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        return {}
    arrays = np.load(path, allow_pickle=False)
    return dict(zip(arrays["keys"].tolist(), arrays["vectors"], strict=True))
