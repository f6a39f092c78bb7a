"""Reads the training examples without Rasa."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from lumbar.documents import read_yaml
from lumbar.settings import settings


def by_label(examples: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the texts of each label."""
    texts: dict[str, list[str]] = defaultdict(list)
    for text, label in examples:
        texts[label].append(text)
    return dict(texts)


def read_examples(folder: Path | None = None) -> list[tuple[str, str]]:
    """Return (text, intent or FAQ key) of every example in `folder`'s `nlu*.yml`, by default
    the project's."""
    examples = []
    for path in sorted((folder or settings.project / "data").glob("nlu*.yml")):
        for block in read_yaml(path)["nlu"]:
            lines = block["examples"].splitlines()
            examples += [
                (line[2:].strip(), block["intent"]) for line in lines if line.startswith("- ")
            ]
    return examples
