"""Facts are told somewhere, and their figures are those of their text."""

from collections.abc import Iterator

from lumbar.content import FIGURE, figures
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Project
from lumbar.studio.rules.wording import HARDEST, grade


def check(project: Project) -> Iterator[Finding]:
    """Yield what is wrong with the facts, once every file can be read."""
    if not project.whole:
        return
    assert project.facts and project.treatments and project.clinic
    answers = [answer for _, _, answer in project.variations()]
    treatments = project.treatments.treatments.values()
    told = {fact for one in answers for fact in (*one.metadata.facts, *one.metadata.more)}
    told.update(fact for one in treatments for fact in (*one.facts, *one.more))
    alone = {fact for one in answers for fact in one.metadata.more}
    alone.update(fact for one in treatments for fact in one.more)
    alone.update(fact for one in treatments if not one.cells for fact in one.facts)
    for index, fact in enumerate(project.facts.facts):
        place = ("facts", index)
        in_text = figures(fact.text)
        if set(in_text) != {one for figure in fact.figures for one in FIGURE.findall(figure)}:
            listed = ", ".join(f'"{one}"' for one in in_text)
            yield project.finding(
                "fact-figures",
                project.facts_file,
                (*place, "figures") if fact.figures else (*place, "text"),
                f"the figures of {fact.id!r} are not those of its text.",
                f"Write `figures: [{listed}]`." if in_text else "Remove `figures`.",
            )
        if fact.id not in told:
            yield project.finding(
                "fact-untold",
                project.facts_file,
                (*place, "id"),
                f"no answer and no treatment tells the fact {fact.id!r}.",
                "Cite it under `facts` or `more` of an answer in domain.yml, or remove it.",
                error=False,
            )
        if fact.id in alone and (hard := grade(fact.text, project.clinic)) > HARDEST:
            yield project.finding(
                "grade",
                project.facts_file,
                (*place, "text"),
                f"{fact.id!r} is told by itself, and reads at US grade {hard:.0f}.",
                f"Use shorter sentences and words, for grade {HARDEST}.",
            )
    used = {key for fact in project.facts.facts for key in fact.evidence}
    for key in project.facts.evidence:
        if key not in used:
            yield project.finding(
                "evidence-unused",
                project.facts_file,
                ("evidence", key),
                f"no fact rests on the evidence {key!r}.",
                "Name it under `evidence` of a fact, or remove it.",
                error=False,
            )
