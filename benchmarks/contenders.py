"""The two configurations that are compared, trained on the very same sample."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ruamel.yaml import YAML

from lumbar.documents import read_yaml
from lumbar.examples import by_label
from lumbar.serving import environment, served_model
from lumbar.settings import ROOT, settings

PROJECT = ("domain.yml", "data/rules.yml", "data/stories.yml", "endpoints.yml")


@dataclass(frozen=True)
class Contender:
    """A project folder with a trained model; `seconds` of training, `size` in MB."""

    name: str
    folder: Path
    variables: dict[str, str]
    seconds: float
    size: float

    @property
    def model(self) -> Path:
        return self.folder / "models" / "model.tar.gz"

    def environment(self) -> dict[str, str]:
        state = {"LUMBAR_STATE": str(self.folder / "state")}
        return {**environment(), "PYTHONPATH": str(ROOT), **state, **self.variables}


def sample(examples: Sequence[tuple[str, str]], each: int) -> list[tuple[str, str]]:
    """Return `each` examples of every label, spread evenly over those there are."""
    return [
        (texts[place * len(texts) // each], label)
        for label, texts in by_label(examples).items()
        for place in range(each)
    ]


def train(name: str, folder: Path, examples: Sequence[tuple[str, str]], stock: bool) -> Contender:
    """Train a fresh copy of the project on `examples`, from nothing; what an interrupted
    run has trained is taken as it is.

    `stock` takes the configuration that `rasa init` writes, which leaves pipeline and
    policies to Rasa's defaults.

    Raises:
        subprocess.CalledProcessError: the training failed; its output was shown.
    """
    variables = {"LUMBAR_BUILD": str(folder / "build")}
    seconds = folder / "seconds"
    if not seconds.is_file():
        prepare(folder, examples, stock)
        start = time.perf_counter()
        subprocess.run(
            [*(sys.executable, "-m", "rasa", "train", "--fixed-model-name", "model", "--force")],
            cwd=folder,
            env={**environment(), "PYTHONPATH": str(ROOT), **variables},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        seconds.write_text(str(time.perf_counter() - start))
    parts = [folder / "models" / "model.tar.gz"]
    parts += [path for path in (folder / "build" / "pipeline").rglob("*") if path.is_file()]
    size = sum(map(os.path.getsize, parts)) / 1e6
    return Contender(name, folder, variables, float(seconds.read_text()), size)


def prepare(folder: Path, examples: Sequence[tuple[str, str]], stock: bool) -> None:
    """Write a project with `examples`, Lumbar's or one with nothing of Lumbar's."""
    for path in PROJECT:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    if stock:
        rasa = find_spec("rasa")
        assert rasa and rasa.submodule_search_locations
        origin = Path(rasa.submodule_search_locations[0], "cli", "initial_project", "config.yml")
        shutil.copy(origin, folder / "config.yml")
        # Rasa's own stores: with Lumbar's comes more of Lumbar.
        endpoints = {"action_endpoint": read_yaml(folder / "endpoints.yml")["action_endpoint"]}
        YAML().dump(endpoints, folder / "endpoints.yml")
    else:
        shutil.copy(ROOT / "config.yml", folder / "config.yml")
    _write_examples(folder / "data" / "nlu.yml", examples)


def shipped(name: str) -> Contender:
    """Return the served model, without how long it took to train."""
    folder = settings.build / "benchmark" / "shipped"
    (folder / "models").mkdir(parents=True, exist_ok=True)
    shutil.copy(served_model(), folder / "models" / "model.tar.gz")
    shutil.copy(ROOT / "endpoints.yml", folder / "endpoints.yml")
    pipeline = [path for path in (settings.build / "pipeline").rglob("*") if path.is_file()]
    parts = [folder / "models" / "model.tar.gz", *pipeline]
    return Contender(name, folder, {}, float("nan"), sum(map(os.path.getsize, parts)) / 1e6)


def _write_examples(path: Path, examples: Sequence[tuple[str, str]]) -> None:
    lines = ['version: "3.1"', "", "nlu:"]
    for label, texts in by_label(examples).items():
        lines += [f"  - intent: {label}", "    examples: |", *(f"      - {text}" for text in texts)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
