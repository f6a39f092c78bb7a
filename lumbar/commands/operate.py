"""What whoever runs the service does apart from running it."""

import typer


def purge(
    older_than: str = typer.Option(help='An age: "30d", "12 weeks", "36h".'),
) -> None:
    """Delete what patients said that long ago, from every place where it is kept.

    Example: lumbar purge --older-than 30d
    """
    from humanfriendly import InvalidTimespan, parse_timespan

    from lumbar.retention import purge as purged
    from lumbar.studio.errors import UsageError

    try:
        seconds = parse_timespan(older_than)
    except InvalidTimespan:
        raise UsageError(f'"{older_than}" is no age; "30d" is one.') from None
    done = purged(seconds)
    typer.echo(f"{done.messages:,} messages deleted, and {len(done.files)} files that quoted some.")


def migrate() -> None:
    """Make the tables that the database of conversations lacks.

    The assistant does it too; this lets a start wait for it.

    Example: lumbar migrate
    """
    from lumbar.channel.migration import migrate as migrated

    migrated()
    typer.echo("The database of conversations has its tables.")
