"""Training a model, and deciding on it."""

import json
import sys
from dataclasses import asdict

import typer
from rich.console import Console


def train(
    promote_if_better: bool = typer.Option(
        False, help="Serve it without asking, when no red flag, story or share was lost."
    ),
    no_promote: bool = typer.Option(False, help="Do not serve it, and do not ask."),
    force: bool = typer.Option(False, help="Train even without a change, serve whatever it lost."),
    as_json: bool = typer.Option(False, "--json", help="Tell what changed as JSON."),
) -> None:
    """Train a model, measure it beside the served one, and serve it on a yes.

    It is asked all held-out questions in tests/nlu/ and plays all stories in tests/stories/.
    A change of nothing but answers takes seconds.

    Example: lumbar train --promote-if-better
    """
    from lumbar.commands.comparison import show
    from lumbar.settings import settings
    from lumbar.studio import training, versions
    from lumbar.studio.comparing import compare

    console = Console(stderr=as_json)
    before = versions.served()
    if before and not force and before.record["from"] == versions.made_from(settings.project):
        versions.renew(before)
        console.print(f"Nothing has changed since {before.id}, which is served.")
        return
    with console.status("Checking the files") as status:
        after = training.train(status.update)
    if before is None:
        versions.promote(after)
        console.print(f"{after.id} is the first model, and is served from now on.")
        return
    changes = compare(before, after)
    if as_json:
        typer.echo(json.dumps({"version": after.id, **asdict(changes)}, indent=1))
    else:
        show(console, changes)
    if changes.lost_red_flags and not (force or no_promote):
        console.print(
            f"[red]Not served: {len(changes.lost_red_flags)} red flags would be missed.[/red] "
            "Take the change back with `lumbar undo`, or add examples; `--force` serves it anyway."
        )
        raise typer.Exit(1)
    if (
        force
        or (promote_if_better and changes.holds)
        or _agreed(promote_if_better or as_json or no_promote)
    ):
        versions.promote(after)
        console.print(f"{after.id} is served from now on. `lumbar rollback` takes it back.")
    elif promote_if_better:
        console.print(f"[red]Not served: more got worse than better.[/red] {_by_hand(after.id)}")
        raise typer.Exit(1)
    else:
        console.print(f"Not served. {_by_hand(after.id)}")


def _agreed(decided: bool) -> bool:
    if decided or not sys.stdin.isatty():
        return False
    return typer.confirm("Serve it from now on?")


def _by_hand(version: str) -> str:
    return f"`lumbar rollback {version}` serves it all the same."
