"""What patients asked over a period, as figures for the practice manager."""

import json
from datetime import datetime
from pathlib import Path

import typer


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
    now, before = (count(turns, one, known.phrases.questions) for one in (days, days.before))
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
