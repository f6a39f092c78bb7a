"""What changed between two versions, as people read it in the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lumbar.studio.comparing import Changed, Comparison

SHOWN = 20
"""Questions of a kind; the rest is counted."""

NAMES = {
    "faq": "questions about MILD",
    "compare_treatments": "comparisons",
    "emergency": "red flags",
    "false alarm": "false alarms (fewer is better)",
    "not_covered": "not covered, and refused",
    "out_of_scope": "something else, and refused",
    "non_english": "other languages",
    "stories": "test stories",
}


def show(console: Console, changes: Comparison) -> None:
    """Print what got better and worse, question by question."""
    table = Table(title="Right, in per cent", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("served now", justify="right")
    table.add_column("the new one", justify="right")
    for group, name in NAMES.items():
        if group in changes.scores_after:
            before = changes.scores_before.get(group)
            table.add_row(
                name,
                "" if before is None else f"{100 * before:.1f}",
                f"{100 * changes.scores_after[group]:.1f}",
            )
    console.print(table)
    examples = ", ".join(f"{label} {count:+}" for label, count in changes.examples.items())
    _list(console, "Examples", [examples] if examples else [])
    _list(console, "Answers that are new or changed", changes.answers)
    _questions(console, "Better", "green", changes.better)
    _questions(console, "Worse", "red", changes.worse)
    _questions(
        console,
        "Were refused, and get the new answer: please read",
        "yellow",
        changes.newly_answered,
    )
    _list(console, "Stories that pass now", changes.mended, "green")
    _list(console, "Stories that do not pass any more", changes.broken, "red")
    _list(console, "Red flags that would be missed", changes.lost_red_flags, "red")
    if not (changes.better or changes.worse or changes.newly_answered or changes.broken):
        console.print("Every held-out question is answered as before.")


def _questions(console: Console, title: str, colour: str, changed: Sequence[Changed]) -> None:
    lines = [f"“{one.text}”: {one.before} → {one.after}" for one in changed]
    _list(console, title, lines, colour)


def _list(console: Console, title: str, lines: Sequence[str], colour: str = "") -> None:
    if not lines:
        return
    style = colour or "none"
    console.print(
        f"[bold]{title}[/bold] ({len(lines)})" if len(lines) > 1 else f"[bold]{title}[/bold]"
    )
    for line in lines[:SHOWN]:
        console.print(f"  {escape(line)}", style=style, highlight=False, soft_wrap=True)
    if len(lines) > SHOWN:
        console.print(f"  ... and {len(lines) - SHOWN} more", style=style)
