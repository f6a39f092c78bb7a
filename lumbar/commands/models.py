"""The models there are, and which one is served."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

GROUPS = {
    "faq": "MILD",
    "compare_treatments": "compare",
    "emergency": "red flags",
    "not_covered": "refusals",
    "stories": "stories",
}


def models(as_json: bool = typer.Option(False, "--json", help="Tell it as JSON.")) -> None:
    """List the models, the latest first, with what each was made from and how it did.

    Example: lumbar models
    """
    from lumbar.studio import versions

    now = versions.served()
    every = versions.every()
    if as_json:
        rows = [{"id": one.id, "served": one == now, **one.record} for one in every]
        typer.echo(json.dumps(rows, indent=1))
        return
    if not every:
        typer.echo("There is no model yet: `lumbar train` makes one.")
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("", "version", "made"):
        table.add_column(name, no_wrap=True)
    for name in ("examples", *GROUPS.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for one in every:
        record = one.record
        table.add_row(
            "→" if one == now else "",
            one.id,
            versions.age(record["made"]),
            f"{sum(record['examples'].values()):,}",
            *(f"{100 * record['scores'].get(group, 0):.1f}" for group in GROUPS),
        )
    Console().print(table)
    typer.echo("→ is served. `lumbar diff A B` tells what changed, `lumbar rollback` goes back.")


def rollback(
    version: str = typer.Argument("", help="A version; without, the one before."),
) -> None:
    """Serve the model before this one, or the one that is named. No training, no files changed.

    Example: lumbar rollback 20261126-143000-1a2b
    """
    from lumbar.studio import versions

    if version:
        chosen = versions.find(version)
        versions.promote(chosen)
    else:
        chosen = versions.rollback()
    typer.echo(f"{chosen.id} is served from now on.")


def diff(
    before: str = typer.Argument(..., help="A version, or the end of its name."),
    after: str = typer.Argument(..., help="Another one."),
    as_json: bool = typer.Option(False, "--json", help="Tell it as JSON."),
) -> None:
    """Tell what changed from one model to another, question by question.

    Example: lumbar diff 1a2b 3c4d
    """
    from lumbar.commands.comparison import show
    from lumbar.studio import versions
    from lumbar.studio.comparing import compare

    changes = compare(versions.find(before), versions.find(after))
    if as_json:
        typer.echo(json.dumps(asdict(changes), indent=1))
    else:
        show(Console(), changes)
