"""Chatting in the terminal, with reasons."""

import typer
from rich.console import Console
from rich.markup import escape

from lumbar.studio.errors import StudioError


def chat(
    why: bool = typer.Option(False, help="Tell for each message how it was understood, and why."),
) -> None:
    """Chat with the served model; nothing of it is kept. An empty line ends it.

    With --why: the message with patients' details taken out, tokens, entities, the ranking of
    intents, the nearest examples, why it was answered or refused, which rule or story fired,
    and the facts that the answer cites.

    Example: lumbar chat --why
    """
    import logging

    import structlog

    from lumbar.nlu.conversation import Conversation
    from lumbar.serving import action_server
    from lumbar.settings import settings
    from lumbar.studio.explaining import Explainer, cited, fired
    from lumbar.studio.versions import served

    version = served()
    if version is None:
        raise StudioError("No model is served yet. `lumbar train` makes one.")
    settings.content = version.folder / "content"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console()
    with action_server() as endpoints:
        with console.status("Loading the model"):
            talk = Conversation(version.model, endpoints)
            explainer = Explainer(version) if why else None
        console.print("Ask something. An empty line ends it.")
        while True:
            try:
                text = console.input("you> ").strip()
            except EOFError:
                break
            if not text:
                break
            reply = talk.say(text)
            for message in reply.messages:
                if message.get("text"):
                    console.print(escape(message["text"]), highlight=False)
            if explainer is None:
                continue
            reasons = explainer.why(text)
            rows = [
                ("read as", reasons.redacted),
                *([("mended", reasons.mended)] if reasons.mended != reasons.redacted else []),
                ("tokens", " | ".join(reasons.tokens)),
                ("entities", ", ".join(f"{a} = {b} {c}" for a, b, c in reasons.entities) or "none"),
                ("taken for", reasons.label),
                ("because", reasons.reason),
                ("ranking", ", ".join(f"{name} {share:.2f}" for name, share in reasons.ranking)),
                *(
                    ("near", f"{near:.2f} {label}: “{example}”")
                    for example, label, near in reasons.nearest
                ),
                ("fired", fired(version.folder, reasons.label, reply.actions, reply.slots)),
                ("facts", ", ".join(cited(reply.messages)) or "none"),
            ]
            for name, value in rows:
                console.print(f"  [bold]{name:>9}[/bold]  {escape(value)}", highlight=False)
