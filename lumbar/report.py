"""The report of `make evaluate`: what was measured, and whether it got worse."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from lumbar import evaluation, plots
from lumbar.evaluation import Measured

TEXT = "report.md"
SHARES = "shares.json"
CURVE = "curve.png"
CONFUSED = "confused.png"

NOISE = 0.01
"""A share may fall by this much before it counts as worse."""


@dataclass(frozen=True)
class Report:
    """`crossed` is the cross-validation, `held_out` the questions never trained on."""

    crossed: Measured
    held_out: list[Measured]
    threshold: float

    def shares(self) -> dict[str, dict[str, float]]:
        """Return the share right of each group of questions, by what was measured."""
        return {
            one.name: {
                group: round(share, 4)
                for group, share in evaluation.shares_right(
                    one.right, one.placed(self.threshold)
                ).items()
            }
            for one in (self.crossed, *self.held_out)
        }

    def worse_than(self, accepted: Path) -> list[str]:
        """Return a line for each share that fell below the one accepted in `accepted`."""
        path = accepted / SHARES
        if not path.is_file():
            return []
        before = json.loads(path.read_text(encoding="utf-8"))
        return [
            f"worse than accepted: {name}, {group}: {100 * share:.1f} %, "
            f"was {100 * before[name][group]:.1f} %"
            for name, shares in self.shares().items()
            for group, share in shares.items()
            if group in before.get(name, {}) and _fell(group, share, before[name][group])
        ]

    def write(self, folder: Path) -> None:
        """Write the report, its pictures and the shares as JSON into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        plots.curves([self.crossed, *self.held_out], self.threshold, folder / CURVE)
        plots.confusion(self.crossed, self.threshold, folder / CONFUSED)
        lines = [
            f"# Understanding, at a threshold of {self.threshold}",
            "",
            *_table(self.shares(), {one.name: len(one.texts) for one in self._all()}),
            "",
            f"![Right answers over refusals]({CURVE})",
            "",
        ]
        for one in self._all():
            lines += [f"## {one.name}, over the threshold", "", *evaluation.curve(one), ""]
        lines += [
            "## Label by label, cross-validated",
            "",
            *evaluation.per_label(self.crossed, self.threshold),
            "",
            f"![What is taken for what]({CONFUSED})",
            "",
            "## The chance of being right, fitted on the cross-validation",
            "",
            evaluation.calibration(self.crossed),
        ]
        (folder / TEXT).write_text("\n".join(lines) + "\n", encoding="utf-8")
        shares = json.dumps(self.shares(), indent=1, sort_keys=True)
        (folder / SHARES).write_text(shares + "\n", encoding="utf-8")

    def _all(self) -> list[Measured]:
        return [self.crossed, *self.held_out]


def measure_all(
    examples: Sequence[tuple[str, str]], questions: Sequence[Path], threshold: float
) -> Report:
    """Cross-validate `examples`, and measure each file of `questions`; tells its progress."""
    folds = track(evaluation.cross_validate(examples), "cross-validation", total=evaluation.FOLDS)
    crossed = evaluation.joined("cross-validation", list(folds))
    model = evaluation.fit(examples)
    held_out = [
        evaluation.measure(model, path.stem, evaluation.read_questions(path))
        for path in track(questions, "held-out questions")
    ]
    return Report(crossed, held_out, threshold)


def _fell(group: str, share: float, before: float) -> bool:
    return share > before + NOISE if group == evaluation.FALSE_ALARM else share < before - NOISE


def _table(shares: dict[str, dict[str, float]], sizes: dict[str, int]) -> list[str]:
    groups = sorted({group for one in shares.values() for group in one})
    lines = [
        f"| in per cent | questions | {' | '.join(groups)} |",
        "|---" * (len(groups) + 2) + "|",
    ]
    for name, one in shares.items():
        cells = (f"{100 * one[group]:.1f}" if group in one else "" for group in groups)
        lines.append(f"| {name} | {sizes[name]} | {' | '.join(cells)} |")
    return lines
