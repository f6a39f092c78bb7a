"""Serving the assistant: on the website, and in Rasa's shell."""

import signal
import sys
import time

import typer

SECONDS_BETWEEN_LOOKS = 0.5


def run() -> None:
    """Serve the widget, a demo page and the API, with the action server beside it.

    A model that is promoted meanwhile is taken up within seconds, and a process that ends
    is started again.

    Example: lumbar run
    """
    from lumbar.serving import Server, website
    from lumbar.settings import settings
    from lumbar.studio.versions import made_from, served

    _end_children_too()
    now = served()
    if now and now.record["from"] != made_from(settings.project):
        typer.echo("The files have changed since the served model was trained: see `lumbar train`.")
    typer.echo("Starting ...")
    started: list[Server] = []
    try:
        # In a container or a service, what they log is its output.
        with website(started=started, to_files=sys.stdout.isatty()) as (address, _):
            typer.echo(f"Lumbar is at {address}\nCtrl-C stops it.")
            while True:
                for server in started:
                    server.revive()
                time.sleep(SECONDS_BETWEEN_LOOKS)
    except KeyboardInterrupt:
        typer.echo("\nStopped.")


def shell() -> None:
    """Chat in Rasa's shell, with the action server beside it.

    Example: lumbar shell
    """
    from lumbar.serving import HOST, action_server, free_port, served_model, start_rasa
    from lumbar.settings import settings

    _end_children_too()
    model = served_model()
    # What is tried out here is no patient's question.
    tried = {"LUMBAR_DATABASE": f"sqlite:///{settings.build / 'shell.db'}"}
    with action_server() as endpoints:
        chat = start_rasa(
            *("shell", "--model", str(model), "--endpoints", str(endpoints)),
            *("--interface", HOST, "--port", str(free_port())),
            **tried,
        )
        try:
            code = chat.wait()
        finally:
            chat.terminate()
    sys.exit(code)


def _end_children_too() -> None:
    # A shell starts what it leaves in the background with this one ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(1))
