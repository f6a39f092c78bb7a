"""Importing what another article says, draft by draft."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import typer
from rich.console import Console
from rich.table import Table

from lumbar.studio.errors import UsageError

if TYPE_CHECKING:
    from lumbar.studio.candidates import Candidate, Draft, Proposal

LEFT_OUT = "-"


def import_(
    article: str = typer.Argument(
        metavar="FILE|URL", help="A web page, or an .html, .md, .docx or .txt file."
    ),
    accept: list[str] = typer.Option(
        [], help="Add the new facts of the draft of this name, without asking; repeatable."
    ),
    source: str = typer.Option("", help="Who says so; without it, the title or the file's name."),
    as_json: bool = typer.Option(False, "--json", help="Print the drafts as JSON, and no more."),
) -> None:
    """Propose what another article adds: facts, with what they repeat or contradict, and the
    questions they answer. Asks draft by draft; nothing is added that nobody accepted.

    Example: lumbar import aftercare.docx
    """
    if as_json and accept:
        raise UsageError("--json only shows: leave out --accept.")
    from lumbar import content
    from lumbar.settings import settings
    from lumbar.studio import articles, candidates, errors, files
    from lumbar.studio.yaml_edits import add_facts

    files.recover()
    path = settings.content / "facts.yml"
    content.load()
    before = path.read_bytes()
    found = articles.read(article)
    proposal = candidates.propose(found)
    drafts = {draft.key: draft for draft in proposal.drafts}
    if unknown := [key for key in accept if key not in drafts]:
        raise UsageError(f"There is no draft {unknown[0]!r}. {errors.nearest(unknown[0], drafts)}")
    if as_json:
        told = {"title": found.title, **asdict(proposal), "lost": found.lost}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    _show(proposal, found.lost)
    if accept:
        chosen = {key: [(one, one.text) for one in drafts[key].fresh] for key in accept}
    elif sys.stdin.isatty():
        chosen = {key: _ask(draft) for key, draft in drafts.items() if draft.fresh}
    else:
        typer.echo("Nothing was written. --accept NAME adds the new facts of a draft.")
        return
    for key in accept:
        if not chosen[key]:
            typer.echo(f"Nothing in draft {key} is new.")
    chosen = {key: texts for key, texts in chosen.items() if texts}
    if not chosen:
        typer.echo("Nothing was written.")
        return
    source = source or found.title or (article if "://" in article else Path(article).name)
    added = [
        _fact(one, candidates.as_fact(text), source)
        for texts in chosen.values()
        for one, text in texts
    ]
    after = add_facts(before.decode(), added).encode()
    files.apply(files.Change(f"the import of {article}", {path: before}, {path: after}))
    typer.echo(f"{_count(len(added), 'fact')} added to {path.name}; `lumbar undo` takes that back.")
    typer.echo("Those you did not reword are the article's words. Put them into the clinic's own.")
    for key, texts in chosen.items():
        _tell_next(drafts[key], [one.id for one, _ in texts])


def _fact(candidate: "Candidate", text: str, source: str) -> dict[str, Any]:
    from lumbar.content import Fact, figures

    return Fact(
        id=candidate.id,
        section=candidate.section,
        text=text,
        figures=figures(text),
        source=source,
    ).dict()


def _show(proposal: "Proposal", lost: Sequence[str]) -> None:
    console = Console(markup=False, highlight=False, emoji=False)
    table = Table("Section", "Candidate", "Known", show_lines=True)
    for draft in proposal.drafts:
        section = ""
        for one in draft.candidates:
            table.add_row(
                one.section if one.section != section else "",
                one.text if one.flag == "repeats" else f"{one.id}\n{one.text}",
                _known(one),
                style={"contradicts": "bold red", "repeats": "dim"}.get(one.flag),
            )
            section = one.section
    if table.rows:
        console.print(table)
    for text, why in proposal.left_out:
        typer.echo(f"left out, {why}: {text}")
    for text in lost:
        typer.echo(f"a list after '{text}' is missing in the source: left out")
    for draft in proposal.drafts:
        kind = "existing question" if draft.exists else "new question"
        typer.echo(f"draft {draft.key}, {kind}: {draft.question}")
        if not draft.exists:
            typer.echo(f"  nearest known question: {draft.nearest} ({draft.likeness:.2f})")
        against = sum(one.flag == "contradicts" for one in draft.candidates)
        again = len(draft.candidates) - len(draft.fresh) - against
        counts = [_count(len(draft.fresh), "new fact")]
        counts += [_count(against, "contradiction")] * bool(against)
        counts += [_count(again, "repeat")] * bool(again)
        typer.echo(f"  {', '.join(counts)}")


def _known(candidate: "Candidate") -> str:
    if candidate.flag == "contradicts":
        return f"contradicts {candidate.why}"
    nearest = f"{candidate.nearest} ({candidate.likeness:.2f})"
    return f"repeats {nearest}" if candidate.flag else f"new; nearest {nearest}"


def _ask(draft: "Draft") -> list[tuple["Candidate", str]]:
    """Return the candidates that a person accepts, each with the text for it."""
    typer.secho(f"\n{draft.question}", bold=True)
    for one in draft.fresh:
        typer.echo(f"  {one.text}")
    answer = typer.prompt(
        f"Add {'this fact' if len(draft.fresh) == 1 else f'these {len(draft.fresh)} facts'}? "
        "[y]es/[n]o/[e]ach",
        type=click.Choice(["y", "n", "e"]),
        show_choices=False,
        default="n",
    )
    if answer != "e":
        return [(one, one.text) for one in draft.fresh if answer == "y"]
    typer.echo(
        f"Write each in the clinic's words; Enter takes what is shown, {LEFT_OUT} leaves it out."
    )
    accepted = []
    for one in draft.candidates:
        if one.flag:
            typer.echo(f"  {one.text}\n  {one.flag} {one.why}")
        text = typer.prompt(one.id, default=LEFT_OUT if one.flag else one.text).strip()
        if text != LEFT_OUT:
            accepted.append((one, text))
    return accepted


def _tell_next(draft: "Draft", ids: Sequence[str]) -> None:
    from lumbar.studio.teaching import NewQuestion, label_of

    if draft.exists:
        typer.echo(
            f"{draft.question} has an answer: in domain.yml, under utter_faq/{draft.key}, say the "
            f"new and cite {', '.join(ids)}."
        )
        return
    command = ["lumbar", "teach", "--text", draft.question, "--title", draft.question]
    if label_of(NewQuestion(draft.question, "")) != f"faq/{draft.key}":
        command += ["--key", draft.key]
    command += ["--facts", ",".join(ids), "--answer", "…"]
    typer.echo(
        f"Teach the new question, with an answer in place of the dots:\n{shlex.join(command)}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
