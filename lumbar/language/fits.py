"""Keeps the last classifiers, so that none is fitted twice on the very same examples.

Rasa counts the answers' texts as training data and would fit anew when one of them
changes; and the studio measures the same classifier that Rasa packs.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from lumbar.language import pipeline
from lumbar.language.intents import IntentModel
from lumbar.settings import settings

KEPT = 3
SECONDS_IN_USE = 3600


def fitted(examples: Iterable[tuple[str, str]]) -> IntentModel:
    """Return a classifier of `examples`, (text, label) in any order.

    Of two processes that want the same one, the second waits for the first.

    Raises:
        TrainingError: the examples have fewer than two labels.
    """
    examples = sorted(set(examples))
    known = json.dumps([pipeline.fingerprint(), examples]).encode()
    folder = settings.build / "fits" / hashlib.sha256(known).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not folder.is_dir():
            texts, labels = zip(*examples, strict=True) if examples else ((), ())
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            IntentModel.fit(texts, labels).save(partial)
            partial.replace(folder)
        model = IntentModel.load(folder)
    os.utime(folder)
    _forget_old(folder.parent)
    return model


def _forget_old(fits: Path) -> None:
    """Remove the least used, but none that another process may be reading."""
    latest = sorted(fits.glob("*/"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in latest[KEPT:]:
        if time.time() - old.stat().st_mtime > SECONDS_IN_USE:
            shutil.rmtree(old, ignore_errors=True)
