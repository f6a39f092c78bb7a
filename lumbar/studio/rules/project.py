"""The files that people edit, as far as they can be read, with the lines things stand in."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from lumbar import content
from lumbar.documents import ContentError, Places, read_as, read_yaml
from lumbar.settings import settings
from lumbar.studio.rules import shapes
from lumbar.studio.rules.finding import Finding

UNREADABLE = "file"
DASH = "- "
SHOWN = 60
"""Characters of an example in a finding."""
_BEHIND_A_BAR = re.compile(r"\s*examples:\s*\|")


def plain(text: str) -> str:
    """Return the words of `text` in small letters, or all of it if it has none."""
    return " ".join(re.findall(r"\w+", text.lower())) or text


@dataclass(frozen=True, eq=False)
class Example:
    """What a patient types. `plain` and `words` are the text as far as it counts for whether
    two are the same."""

    text: str
    label: str
    path: Path
    line: int

    @cached_property
    def plain(self) -> str:
        return plain(self.text)

    @cached_property
    def words(self) -> list[str]:
        return self.plain.split()

    @property
    def short(self) -> str:
        return self.text if len(self.text) <= SHOWN else f"{self.text[:SHOWN].rstrip()} …"

    @property
    def where(self) -> str:
        return f"{relative(self.path)}:{self.line}"


@dataclass(frozen=True)
class Label:
    """An intent or FAQ key, and where its examples begin."""

    name: str
    path: Path
    line: int

    @property
    def intent(self) -> str:
        return self.name.partition("/")[0]


class Project:
    """`facts`, `treatments`, `clinic` and `phrases` are None when nothing of the file can be
    used; of `answers`, `rules`, `stories` and `examples`, what can be used is there."""

    def __init__(self) -> None:
        parts, errors = content.examine(settings.content)
        self.facts: content.Facts | None = parts["facts"]
        self.treatments: content.Treatments | None = parts["treatments"]
        self.clinic: content.Clinic | None = parts["clinic"]
        self.phrases: content.Phrases | None = parts["phrases"]
        self.found = [self._unreadable(error) for error in errors]
        self.facts_file, self.treatments_file, self.phrases_file = (
            settings.content / f"{name}.yml" for name in ("facts", "treatments", "phrases")
        )
        self.domain_file = settings.project / "domain.yml"
        self.rules_file = settings.project / "data" / "rules.yml"
        domain = self._read(self.domain_file, shapes.Domain)
        self.intents = [_name(one) for one in domain.intents] if domain else []
        self.answers: dict[str, list[shapes.Answer]] = domain.responses if domain else {}
        rules = self._read(self.rules_file, shapes.Rules)
        self.rules: list[shapes.Rule] = rules.rules if rules else []
        self._read(settings.project / "data" / "stories.yml", shapes.Stories)
        self.stories: list[tuple[Path, int, shapes.Story]] = []
        for path in sorted((settings.project / "tests" / "stories").glob("test_*.yml")):
            read = self._read(path, shapes.Stories)
            self.stories += [
                (path, index, one) for index, one in enumerate(read.stories if read else [])
            ]
        self.labels: dict[str, Label] = {}
        self.examples: list[Example] = []
        for path in sorted((settings.project / "data").glob("nlu*.yml")):
            self._read_examples(path)
        self.whole = not any(one.rule == UNREADABLE for one in self.found)
        """Whether every file can be used. Otherwise, what seems to be missing may stand in
        one that cannot."""

    def finding(
        self,
        rule: str,
        path: Path,
        line: int | tuple[str | int, ...],
        text: str,
        remedy: str,
        *,
        error: bool = True,
    ) -> Finding:
        """Return what `rule` found in a line, or where keys and indices lead to."""
        if isinstance(line, tuple):
            line = _places(path, path.stat().st_mtime_ns).line(*line)
        return Finding(rule, error, relative(path), line, text, remedy)

    def variations(self) -> Iterator[tuple[str, int, shapes.Answer]]:
        """Return name, index and text of every answer."""
        for name, answers in self.answers.items():
            for index, answer in enumerate(answers):
                yield name, index, answer

    def _read(self, path: Path, model: Any) -> Any:
        value, errors = read_as(path, model)
        self.found += [self._unreadable(error) for error in errors]
        return value

    def _unreadable(self, error: ContentError) -> Finding:
        return self.finding(UNREADABLE, error.path, error.line, error.text, error.remedy)

    def _read_examples(self, path: Path) -> None:
        if self._read(path, shapes.Nlu) is None:
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        places = Places(path)
        # Every block, for its place: above, those with an error are left out.
        for index, block in enumerate(read_yaml(path)["nlu"]):
            label, texts = (block.get("intent"), block.get("examples")) if block else (None, None)
            if not isinstance(label, str) or not isinstance(texts, str):
                continue
            self.labels.setdefault(label, Label(label, path, places.line("nlu", index, "intent")))
            start = places.line("nlu", index, "examples")
            if not _BEHIND_A_BAR.match(lines[start - 1]):
                text = f"the examples of {label!r} are not written line by line."
                remedy = "Write `examples: |`, and each example behind a dash in a line below."
                self.found.append(self.finding(UNREADABLE, path, start, text, remedy))
                continue
            for line, text in enumerate(texts.splitlines(), start + 1):
                self._add_example(text, Example(text[len(DASH) :].strip(), label, path, line))

    def _add_example(self, line: str, example: Example) -> None:
        if line.startswith(DASH) and example.text:
            self.examples.append(example)
            return
        if not line.strip():
            return
        if line.strip() == DASH.strip():
            text, remedy = "an example is empty.", "Write what a patient types, or remove the line."
        else:
            text = f"“{line.strip()[:40]}” is no example, and not learnt."
            remedy = "Begin the line with a dash and a space, right below the others."
        self.found.append(self.finding("example-line", example.path, example.line, text, remedy))


def relative(path: Path) -> Path:
    return Path(os.path.relpath(path, settings.project))


@lru_cache
def _places(path: Path, changed: int) -> Places:
    return Places(path)


def _name(intent: str | dict[str, Any]) -> str:
    return intent if isinstance(intent, str) else str(next(iter(intent), ""))
