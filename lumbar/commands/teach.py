"""Teaching what the inbox holds, and taking it back."""

import re
import sys

import typer
from rich.console import Console
from rich.markup import escape

from lumbar.studio.errors import UsageError

NEW, NOT_COVERED, RED_FLAG = "new", "not_covered", "emergency"
LIKELY = 0.5
"""Chance from which the nearest question is suggested."""
CHOICES = {"new": NEW, "not covered": NOT_COVERED, "red flag": RED_FLAG}


def teach(
    number: int = typer.Argument(0, help="A group of `lumbar inbox`."),
    text: list[str] = typer.Option([], help="A message to teach, instead of a group; repeatable."),
    to: str = typer.Option("", help="The existing question that the messages ask."),
    not_covered: bool = typer.Option(False, help="The clinic gives no answer to this."),
    red_flag: bool = typer.Option(False, help="This needs help at once."),
    title: str = typer.Option("", help="Of a new question: how a button asks it."),
    answer: str = typer.Option("", help="Of a new question: at most 60 words, in plain words."),
    fact: list[str] = typer.Option([], help="A sentence that the clinic supplies; repeatable."),
    facts: str = typer.Option("", help="Facts that are known, by id, separated by commas."),
    source: str = typer.Option("", help="Who says so, if not the clinic."),
    key: str = typer.Option("", help="Of a new question: its name, if not from the title."),
    following: str = typer.Option("", "--next", help="Next questions, separated by commas."),
    leave: list[int] = typer.Option([], help="A message of the group to leave out; repeatable."),
    leave_refused: bool = typer.Option(
        False, help="Leave examples that were refused where they are, even if they ask the same."
    ),
    yes: bool = typer.Option(False, "--yes", "-y", help="Write it without asking."),
) -> None:
    """Teach a group of messages: as examples of a question, as not covered, as a red flag, or
    as a new question. Shows what it will change in which file, and asks. `lumbar undo` takes
    it back.

    Example: lumbar teach 1 --title "When can I drive?" --fact "Patients may drive after two
    days." --answer "You may drive two days after MILD." --yes
    """
    if bool(number) == bool(text):
        raise UsageError("Name a group of `lumbar inbox`, or messages with --text.")
    if sum(map(bool, (to, not_covered, red_flag, title))) > 1:
        raise UsageError("Of --to, --not-covered, --red-flag and --title, one says what it is.")
    console = Console()
    from lumbar.studio import errors, teaching
    from lumbar.studio.files import apply, recover
    from lumbar.studio.groups import read_group

    recover()
    group = read_group(number) if number else None
    messages = dict(enumerate(group.texts if group else text, 1))
    _leave(messages, leave)
    label = RED_FLAG if red_flag else NOT_COVERED if not_covered else NEW if title else to
    if not label:
        for place, message in messages.items():
            console.print(f"{place:>4}  {escape(message)}", highlight=False, soft_wrap=True)
        suggested = group.nearest if group and group.chance >= LIKELY else NEW
        asked = _ask(
            "What is it? new, not covered, red flag, or the key of a question", "to", suggested
        )
        label = CHOICES.get(asked.strip().lower(), asked.strip())
    if label == NEW:
        title = title or _ask("The question, as on a button", "title")
        while teaching.is_taken(title, key):
            key = _ask("There is a question of this key already. Another key", "key")
        supplied = fact or ([] if facts else [_ask("What the clinic says about it", "fact")])
        answer = answer or _ask_answer(console, supplied, _split(facts))
        named = _split(following) or teaching.suggestions(title, list(messages.values()))
        new = teaching.NewQuestion(title, answer, _split(facts), supplied, source, key, named)
    while True:
        texts = list(messages.values())
        if label == NEW:
            plan = teaching.plan_question(new, texts, move=not leave_refused)
        else:
            plan = teaching.plan_examples(label, texts)
        _show(console, plan.diff())
        for note in plan.notes:
            console.print(escape(note), style="yellow")
        decision = "y" if yes else _ask("Write this? y, n, or numbers to leave out", "yes", "y")
        if decision.strip().lower() in ("y", "yes"):
            break
        if not re.fullmatch(r"[\d ,]+", decision):
            raise errors.StudioError("Nothing was written.")
        try:
            _leave(messages, [int(one) for one in re.findall(r"\d+", decision)])
        except UsageError as error:
            console.print(escape(str(error)), style="red")
    apply(plan.change)
    console.print(
        f"Taught {plan.label}. `lumbar train` makes a model of it, `lumbar undo` takes it back."
    )


def undo() -> None:
    """Take back what was taught or accepted last: every file is again as it was.

    Example: lumbar undo
    """
    from lumbar.studio.files import undo as take_back

    typer.echo(f"Taken back: {take_back()}.")


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _ask(question: str, option: str, suggestion: str = "") -> str:
    try:
        return str(typer.prompt(question, default=suggestion or None))
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError(f"{question}: give it as --{option}.") from None


def _ask_answer(console: Console, supplied: list[str], known: list[str]) -> str:
    from lumbar import content
    from lumbar.studio.teaching import answer_faults

    by_id = content.load().facts.by_id
    told = [*supplied, *(by_id[one].text for one in known if one in by_id)]
    while True:
        answer = _ask("The answer", "answer", " ".join(told))
        faults = answer_faults(answer, told)
        if not faults:
            return answer
        for fault in faults:
            console.print(escape(fault), style="red")


def _leave(messages: dict[int, str], places: list[int]) -> None:
    for place in places:
        if place not in messages:
            raise UsageError(f"There is no message {place} to leave out.")
    if not set(messages) - set(places):
        raise UsageError("No message would be left to teach.")
    for place in places:
        messages.pop(place, None)


def _show(console: Console, diff: str) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        bold = "bold " if line.startswith(("+++", "---")) else ""
        style = bold + colours.get(line[:1], "none")
        console.print(escape(line), style=style, highlight=False, soft_wrap=True)
