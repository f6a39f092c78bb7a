"""Trains a version: the dialogue with Rasa, the classifier beside it, and measures both."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from lumbar import content
from lumbar.documents import read_yaml
from lumbar.serving import environment
from lumbar.settings import settings
from lumbar.studio import versions
from lumbar.studio.errors import StudioError
from lumbar.studio.files import exclusive
from lumbar.studio.rephrasing import rephrase
from lumbar.studio.versions import Version

LOG = "training.log"
SHOWN = 5
"""Errors that are told before `lumbar check` is named."""

Tell = Callable[[str], None]
Results = dict[str, Any]


def train(tell: Tell) -> Version:
    """Make a version of the files as they are now; `tell` hears what is being done.

    Raises:
        StudioError: the files have errors, or Rasa could not train.
    """
    with exclusive("train", "training"):
        _refuse_errors()
        with exclusive("train"):
            partial = versions.begin()
        try:
            return _made(partial, tell)
        except BaseException:
            shutil.rmtree(partial.folder, ignore_errors=True)
            raise


def _made(partial: Version, tell: Tell) -> Version:
    tell("Reading the files")
    before = versions.served()
    understanding = versions.understanding(partial.folder)
    if before and before.record["understanding"] == understanding and rephrase(before, partial):
        results, scores = before.results, before.record["scores"]
    else:
        results, scores = _train_whole(partial, tell)
    labels = Counter(label for _, label in _examples(partial))
    record = {
        "made": datetime.now().isoformat(timespec="seconds"),
        "from": versions.made_from(partial.folder),
        "understanding": understanding,
        "packages": versions.packages(),
        "examples": dict(sorted(labels.items())),
        "scores": scores,
    }
    return versions.finish(partial, record, results)


def _refuse_errors() -> None:
    from lumbar.studio.check import check

    content.load()
    read_yaml(settings.project / "config.yml")
    found = [one for one in check() if one.error]
    if found:
        lines = [f"{one.path}:{one.line}: {one.text} {one.remedy}" for one in found[:SHOWN]]
        more = [f"... and {len(found) - SHOWN} more: `lumbar check`"] * (len(found) > SHOWN)
        raise StudioError(
            "\n".join(["The files have errors, so nothing was trained:", *lines, *more])
        )


def _examples(version: Version) -> list[tuple[str, str]]:
    from lumbar.examples import read_examples

    return read_examples(version.folder / "data")


def _train_whole(partial: Version, tell: Tell) -> tuple[Results, dict[str, float]]:
    log = settings.build / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        dialogue = subprocess.Popen(
            [
                *(sys.executable, "-m", "lumbar.quietly", "lumbar.nlu.training"),
                str(partial.folder),
            ],
            cwd=settings.project,
            env={
                **environment(),
                "LUMBAR_CONTENT": str(partial.folder / "content"),
                "LUMBAR_BUILD": str(settings.build),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            questions, scores = _understand(partial, tell)
            tell("Playing the test stories")
            code = dialogue.wait()
        finally:
            dialogue.kill()
    if code:
        raise StudioError(f"Rasa could not train: {_last_line(log)} {log} tells more.")
    told = partial.folder / "stories.json"
    stories = json.loads(told.read_text(encoding="utf-8"))
    told.unlink()
    scores["stories"] = sum(stories.values()) / len(stories) if stories else 1.0
    return {"questions": questions, "stories": stories}, scores


def _understand(partial: Version, tell: Tell) -> tuple[Results, dict[str, float]]:
    """Fit the classifier, which Rasa then packs, and place the held-out questions."""
    from lumbar import evaluation
    from lumbar.language.fits import fitted

    tell("Learning the examples")
    model = fitted(_examples(partial))
    tell("Asking the held-out questions")
    files = sorted((partial.folder / "tests" / "nlu").glob("*.tsv"))
    asked = [one for path in files for one in evaluation.read_questions(path)]
    measured = evaluation.measure(model, "held-out", asked)
    placed = measured.placed(versions.threshold(partial.folder))
    questions = {
        text: {"label": label, "right": right}
        for text, label, right in zip(measured.texts, placed, measured.right, strict=True)
    }
    shares = evaluation.shares_right(measured.right, placed)
    return questions, {group: round(share, 4) for group, share in sorted(shares.items())}


def _last_line(log: Path) -> str:
    lines = [
        line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line
    ]
    return lines[-1].strip() if lines else "it said nothing."
