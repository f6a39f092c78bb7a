"""Measuring understanding, for engineers."""

import shutil

import typer

from lumbar.settings import ROOT, settings

ACCEPTED = ROOT / "docs" / "evaluation"


def evaluate(
    accept: bool = typer.Option(False, help="Keep the report under docs/ as the accepted one."),
) -> None:
    """Measure understanding, and compare it with the last accepted report.

    The report goes to build/evaluation/. Ends with 1 when a share fell by more than a
    point below the accepted one.

    Example: lumbar evaluate --accept
    """
    from lumbar import report
    from lumbar.examples import read_examples
    from lumbar.studio.versions import threshold

    paths = [*sorted((settings.project / "tests" / "nlu").glob("*.tsv"))]
    paths += sorted((ROOT.parent / "shared" / "questions").glob("*.tsv"))
    now = report.measure_all(read_examples(), paths, threshold(settings.project))
    folder = settings.build / "evaluation"
    now.write(folder)
    typer.echo((folder / report.TEXT).read_text(encoding="utf-8"))
    worse = now.worse_than(ACCEPTED)
    for line in worse:
        typer.secho(line, fg=typer.colors.RED)
    if accept:
        shutil.copytree(folder, ACCEPTED, dirs_exist_ok=True)
    typer.echo(f"written to {folder}" + f" and {ACCEPTED.name}/" * accept)
    raise typer.Exit(bool(worse) and not accept)
