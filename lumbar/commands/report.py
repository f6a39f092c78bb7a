"""What patients asked over a period, as figures for the practice manager."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from lumbar.studio.conversations import Turn

GROUPS = 10
"""Groups of unanswered messages, the largest first."""


def report(
    from_: str = typer.Option(
        "", "--from", metavar="DATE", help="First day, as in 2026-11-01; without, 30 days in all."
    ),
    to: str = typer.Option("", metavar="DATE", help="Last day, as in 2026-11-30; without, today."),
    output: str = typer.Option(
        "", metavar="FILE", help="The page; without, build/report-FROM-TO.html."
    ),
    csv: bool = typer.Option(False, "--csv", help="Write the figures beside it for a spreadsheet."),
    as_json: bool = typer.Option(False, "--json", help="Tell the figures as JSON."),
) -> None:
    """Write a page with figures and plots of what patients asked, without their words.

    It compares with as many days before, needs no other file, and can be printed.

    Example: lumbar report --from 2026-11-01 --to 2026-11-30 --csv
    """
    from lumbar import content
    from lumbar.settings import settings
    from lumbar.studio import usage_page
    from lumbar.studio.conversations import read_turns
    from lumbar.studio.errors import StudioError, UsageError
    from lumbar.studio.files import write_whole
    from lumbar.studio.usage import count, period

    asked = period(from_, to)
    path = Path(output or settings.build / f"report-{asked.first}-{asked.last}.html")
    if not path.name or path.suffix.lower() == ".csv":
        raise UsageError(f"--output {path}: name a page, as in report.html; `--csv` adds a .csv.")
    days = asked.so_far
    known = content.load()
    turns = read_turns(days.before.start, days.end)
    questions = known.phrases.questions
    groups = _unanswered((turn for turn in turns if turn.time >= days.start), questions)
    before = count(turns, days.before, questions)
    now = count(turns, days, questions, groups)
    try:
        write_whole(path, usage_page.page(now, before, known.clinic, datetime.now()).encode())
        if csv:
            write_whole(path.with_suffix(".csv"), usage_page.spreadsheet(now, before))
    except StudioError as error:
        raise StudioError(f"{error} `--output` names another file.") from None
    if as_json:
        figures = {"period": now.figures(), "period before": before.figures()}
        typer.echo(json.dumps(figures, indent=1, ensure_ascii=False))
    elif now.messages:
        typer.echo(f"{path}: {now.messages:,} messages in {now.conversations:,} conversations.")
    else:
        typer.echo(f"{path}: nobody wrote from {days.first} to {days.last}.")


def _unanswered(turns: Iterable[Turn], questions: dict[str, str]) -> list[tuple[str, int, float]]:
    """Return what could not be answered: the nearest question of each group, its messages, and
    how sure that is; nothing before a first model."""
    from lumbar.studio.inbox import unanswered
    from lumbar.studio.versions import served

    if served() is None:
        return []
    groups = unanswered(turns, GROUPS)
    return [(questions.get(one.nearest, ""), one.count, one.chance) for one in groups]
