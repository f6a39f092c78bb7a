"""Reads the training examples without Rasa."""

from pathlib import Path

from lumbar.documents import read_yaml
from lumbar.settings import ROOT


def read_examples(folder: Path = ROOT / "data") -> list[tuple[str, str]]:
    """Return (text, intent or FAQ key) of every example in `folder`'s `nlu*.yml`."""
    examples = []
    for path in sorted(folder.glob("nlu*.yml")):
        for block in read_yaml(path)["nlu"]:
            lines = block["examples"].splitlines()
            examples += [
                (line[2:].strip(), block["intent"]) for line in lines if line.startswith("- ")
            ]
    return examples
