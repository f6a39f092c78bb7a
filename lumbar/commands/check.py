"""Checking what was edited, before it is trained."""

import json
import sys
from dataclasses import asdict

import typer


def check(as_json: bool = typer.Option(False, "--json", help="Tell it as JSON.")) -> None:
    """Check facts, answers, examples, rules and test stories, in seconds and without training.

    Tells of each fault the file, the line and what to do. Ends with 1 when there is an error;
    with warnings alone, a person decides.

    Example: lumbar check
    """
    from lumbar.studio.check import check as checked
    from lumbar.studio.check import waits

    found = checked(lambda told: print(told, file=sys.stderr))
    errors = sum(one.error for one in found)
    if as_json:
        typer.echo(json.dumps([{**asdict(one), "path": str(one.path)} for one in found], indent=1))
        raise typer.Exit(bool(errors))
    for one in found:
        kind, color = ("error", typer.colors.RED) if one.error else ("warning", typer.colors.YELLOW)
        typer.echo(f"{one.path}:{one.line}: [{typer.style(kind, color)}] {one.text} {one.remedy}")
    typer.echo(f"{_counted(errors, 'error')}, {_counted(len(found) - errors, 'warning')}.")
    if waits(found):
        typer.echo(
            "Not all rules were checked: some need every file to be readable. Mend the files above "
            "and check again."
        )
    raise typer.Exit(bool(errors))


def _counted(count: int, name: str) -> str:
    return f"{count or 'no'} {name}{'s' * (count != 1)}"
