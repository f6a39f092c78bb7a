"""What the assistant could not answer."""

import json
from dataclasses import asdict
from datetime import datetime

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

EXAMPLES = 3
"""Messages of a group in the list."""


def inbox(
    number: int = typer.Argument(0, help="A group, to read all its messages."),
    since: datetime = typer.Option(None, formats=["%Y-%m-%d"], help="Messages from this day on."),
    most: int = typer.Option(20, min=1, help="Groups to show."),
    as_json: bool = typer.Option(False, "--json", help="Tell it as JSON."),
) -> None:
    """List what the assistant could not answer, or was told was wrong, the largest group first.

    That is: not understood, refused, thumbs down, asked again in other words, or a person
    wanted right after an answer. Messages in other languages are left out. Patients' details
    are taken out. Handled groups stay away.

    Example: lumbar inbox --since 2026-11-01
    """
    from lumbar.studio.groups import read_group

    console = Console()
    if number:
        group = read_group(number)
        if as_json:
            typer.echo(json.dumps(asdict(group), indent=1))
            return
        for text in group.texts:
            console.print(escape(text), highlight=False)
        return
    from lumbar.studio.inbox import read_inbox

    with Console(stderr=True).status("Reading the conversations"):
        found = read_inbox(since.timestamp() if since else 0.0, most=most)
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=1))
        return
    if not found.groups:
        typer.echo("Nothing to do: every question was answered, or is handled.")
        return
    table = Table(box=None, padding=(0, 2, 1, 0), show_edge=False)
    table.add_column("", justify="right")
    table.add_column("times", justify="right")
    table.add_column("patients ask", ratio=3)
    table.add_column("what happened", ratio=1)
    table.add_column("nearest question, and how sure", ratio=1)
    for group in found.groups:
        reasons = ", ".join(f"{name} {count}" for name, count in group.reasons.items())
        table.add_row(
            f"{group.number}",
            f"{group.count}",
            escape("\n".join(group.texts[:EXAMPLES])),
            reasons,
            f"{group.nearest}, {100 * group.chance:.0f} %",
        )
    console.print(table)
    more = f" {found.others} smaller groups are not shown." if found.others else ""
    typer.echo(
        f"{found.messages} messages.{more} `lumbar inbox N` shows all of a group, "
        "`lumbar teach N` handles it."
    )
