"""The table of treatments says the same in its cells and in its sentences."""

from collections.abc import Iterator

from lumbar.content import FIGURE
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Project


def check(project: Project) -> Iterator[Finding]:
    """Yield what is wrong with the table of treatments."""
    if not project.treatments:
        return
    owners: dict[str, str] = {}
    for name, entry in project.treatments.treatments.items():
        for attribute, cell in entry.cells.items():
            sentence = entry.sentences.get(attribute, "")
            if FIGURE.findall(cell) != FIGURE.findall(sentence):
                yield project.finding(
                    "cell-figures",
                    project.treatments_file,
                    ("treatments", name, "sentences", attribute),
                    f"the sentence has other figures than the table ({cell}).",
                    "Write the same figures in both, in the same order.",
                )
        for called in entry.names:
            other = owners.setdefault(called, name)
            if other != name:
                yield project.finding(
                    "name-twice",
                    project.treatments_file,
                    ("treatments", name, "names", entry.names.index(called)),
                    f"{called!r} is a name of {other!r} too.",
                    "Leave it with the one that patients mean.",
                )
