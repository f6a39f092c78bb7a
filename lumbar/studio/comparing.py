"""Holds one version against another: what got better and what got worse, one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lumbar.documents import read_yaml
from lumbar.studio.versions import Version

EMERGENCY = "emergency"
REFUSED = ("not_covered", "out_of_scope", "nlu_fallback")
CHANCE = 500
"""One in so many questions may fall without cause: whatever is taught, two or three of two
thousand that have nothing to do with it change sides."""


@dataclass(frozen=True)
class Changed:
    """A held-out question that is placed otherwise now."""

    text: str
    right: list[str]
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """`newly_answered` were refused, and are answered by a question that is new: whether
    that is right, the labels they were given earlier cannot tell. `mended` and `broken`
    are test stories."""

    asked: int
    better: list[Changed]
    worse: list[Changed]
    newly_answered: list[Changed]
    mended: list[str]
    broken: list[str]
    lost_red_flags: list[str]
    scores_before: Mapping[str, float]
    scores_after: Mapping[str, float]
    answers: list[str]
    """Answers that are new, gone or worded otherwise."""
    examples: dict[str, int]
    """By label, how many more examples there are, or fewer."""

    @property
    def holds(self) -> bool:
        """Whether nothing fell: no red flag, no story, and, but for chance, no more worse than
        better."""
        fell = len(self.worse) - len(self.better) - len(self.mended)
        return not self.lost_red_flags and not self.broken and fell <= self.asked // CHANCE


def compare(before: Version, after: Version) -> Comparison:
    """Return what changed from `before` to `after`; questions only one was asked are left out."""
    old, new = before.results, after.results
    counts_before, counts_after = before.record["examples"], after.record["examples"]
    better, worse, answered = [], [], []
    for text, now in new["questions"].items():
        was = old["questions"].get(text)
        if was is None or was["label"] == now["label"]:
            continue
        changed = Changed(text, now["right"], was["label"], now["label"])
        is_new = now["label"] in counts_after and now["label"] not in counts_before
        if is_new and was["label"] in REFUSED:
            answered.append(changed)
        elif _is_right(now) and not _is_right(was):
            better.append(changed)
        elif _is_right(was) and not _is_right(now):
            worse.append(changed)
    broken = [name for name, passed in new["stories"].items() if not passed and _did(old, name)]
    mended = [name for name, passed in new["stories"].items() if passed and not _did(old, name)]
    alarms = set(_stories_with_red_flags(after))
    return Comparison(
        len(new["questions"]),
        better,
        worse,
        answered,
        mended,
        broken,
        [one.text for one in worse if EMERGENCY in one.right] + [n for n in broken if n in alarms],
        before.record["scores"],
        after.record["scores"],
        _other_answers(before, after),
        {
            label: counts_after.get(label, 0) - counts_before.get(label, 0)
            for label in sorted({*counts_before, *counts_after})
            if counts_after.get(label, 0) != counts_before.get(label, 0)
        },
    )


def _is_right(result: Mapping[str, Any]) -> bool:
    label, right = result["label"], result["right"]
    return label in right or (right[0] in REFUSED and label in REFUSED)


def _did(results: Mapping[str, Any], story: str) -> bool:
    return bool(results["stories"].get(story))


def _stories_with_red_flags(version: Version) -> Iterable[str]:
    for path in (version.folder / "tests" / "stories").glob("test_*.yml"):
        for story in read_yaml(path)["stories"]:
            if any(step.get("intent") == EMERGENCY for step in story["steps"]):
                yield story["story"]


def _other_answers(before: Version, after: Version) -> list[str]:
    old, new = (read_yaml(one.folder / "domain.yml")["responses"] for one in (before, after))
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
