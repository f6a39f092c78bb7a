"""Every answer is short, easy to read and says only what the facts that it cites say."""

from collections.abc import Iterator

from lumbar.content import PLACEHOLDER, Fact, Facts, figures
from lumbar.documents import nearest
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Project
from lumbar.studio.rules.shapes import Answer
from lumbar.studio.rules.wording import (
    FORBIDDEN,
    HARDEST,
    LONGEST,
    PROPER_NAME,
    grade,
    names,
    stands_in,
)

FAQ = "utter_faq/"
ENGLISH = "en"


def check(project: Project) -> Iterator[Finding]:
    """Yield what is wrong with the answers."""
    for name, index, answer in project.variations():
        place = ("responses", name, index)
        if project.clinic:
            yield from _wording(project, place, answer)
        if project.facts:
            yield from _citations(project, project.facts, place, answer)


def _wording(project: Project, place: tuple[str | int, ...], answer: Answer) -> Iterator[Finding]:
    assert project.clinic

    def found(rule: str, text: str, remedy: str) -> Finding:
        return project.finding(rule, project.domain_file, (*place, "text"), text, remedy)

    text = project.clinic.fill(answer.text)
    for unknown in PLACEHOLDER.findall(text):
        remedy = nearest(unknown, project.clinic.fillings)
        yield found("placeholder", f"nothing can be filled in for {unknown!r}.", remedy)
    if promise := FORBIDDEN.search(text):
        yield found(
            "promise",
            f"“{promise[0]}” promises, diagnoses or advises.",
            "Say what the article says happens, and leave the choice to the care team.",
        )
    if answer.metadata.lang != ENGLISH:
        return
    if (words := len(text.split())) > LONGEST:
        yield found(
            "length", f"the answer has {words} words.", f"Shorten it to {LONGEST}, or fewer."
        )
    if (hard := grade(text, project.clinic)) > HARDEST:
        yield found(
            "grade",
            f"the answer reads at US grade {hard:.0f}.",
            f"Use shorter sentences and words, for grade {HARDEST}.",
        )


def _citations(
    project: Project, known: Facts, place: tuple[str | int, ...], answer: Answer
) -> Iterator[Finding]:
    metadata = answer.metadata

    def found(
        rule: str, key: tuple[str, ...], text: str, remedy: str, error: bool = True
    ) -> Finding:
        where = (*place, *key)
        return project.finding(rule, project.domain_file, where, text, remedy, error=error)

    by_id = known.by_id
    for key in ("facts", "more"):
        for fact in getattr(metadata, key):
            if project.whole and fact not in by_id:
                text, remedy = f"the answer cites unknown fact {fact!r}.", nearest(fact, by_id)
                yield found("fact-unknown", ("metadata", key), text, remedy)
    for fact in set(metadata.facts) & set(metadata.more):
        text = f"{fact!r} stands under `facts` and under `more`."
        remedy = "Remove it from `more`, where what the answer does not say belongs."
        yield found("fact-repeated", ("metadata", "more"), text, remedy)
    is_faq = str(place[1]).startswith(FAQ)
    if is_faq and not metadata.facts:
        text = "the answer cites no fact."
        yield found("fact-missing", (), text, "Name what it rests on under `metadata: facts`.")
        return
    cited = [by_id[fact] for fact in metadata.facts if fact in by_id]
    if len(cited) < len(metadata.facts):
        return
    if not metadata.emergency:
        allowed = {one for fact in cited for one in figures(fact.text)}
        for figure in figures(answer.text):
            if figure not in allowed:
                text = f"the figure {figure} stands in none of the facts that the answer cites."
                remedy = "Cite the fact that has it under `metadata: facts`, or leave it out."
                yield found("figure", ("text",), text, remedy)
    if cited and project.clinic:
        source = " ".join([project.clinic.name, *(_told_by(fact, known) for fact in cited)])
        for name in names(answer.text):
            if not stands_in(name, source):
                text = f"the name {name!r} stands in none of the facts that the answer cites."
                remedy = "Cite the fact that has it under `metadata: facts`, or leave it out."
                yield found("name", ("text",), text, remedy, bool(PROPER_NAME.fullmatch(name)))


def _told_by(fact: Fact, known: Facts) -> str:
    evidence = (known.evidence.get(key, "") for key in fact.evidence)
    return " ".join([fact.text, fact.source, *evidence])
