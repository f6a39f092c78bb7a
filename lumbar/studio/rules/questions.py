"""What a button asks is understood as just that."""

from collections.abc import Iterator

from lumbar.documents import nearest
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Example, Project, plain

FAQ = "faq/"


def check(project: Project) -> Iterator[Finding]:
    """Yield buttons and questions that lead nowhere, once every file can be read."""
    if not project.whole:
        return
    assert project.phrases
    questions = project.phrases.questions
    by_plain = {one.plain: one for one in project.examples}
    for label, question in questions.items():
        yield from _question(project, label, question, by_plain.get(plain(question)))
    for label, block in project.labels.items():
        if label.startswith(FAQ) and label not in questions:
            yield project.finding(
                "question-missing",
                block.path,
                block.line,
                f"no button can ask {label!r}.",
                "Write how it is asked under `questions` of content/phrases.yml.",
                error=False,
            )
    known = {plain(question) for question in questions.values()} | set(by_plain)
    for name, index, answer in project.variations():
        for place, button in enumerate(answer.buttons):
            if plain(button.payload) not in known:
                yield project.finding(
                    "button",
                    project.domain_file,
                    ("responses", name, index, "buttons", place, "payload"),
                    f"the button asks “{button.payload}”, which is no known question.",
                    nearest(button.payload, questions.values()),
                )


def _question(
    project: Project, label: str, question: str, example: Example | None
) -> Iterator[Finding]:
    place = ("questions", label)
    if label not in project.labels:
        yield project.finding(
            "question-unknown",
            project.phrases_file,
            place,
            f"there are no examples of {label!r}.",
            nearest(label, project.labels),
        )
    elif example is None:
        yield project.finding(
            "question-untaught",
            project.phrases_file,
            place,
            f"“{question}” is no example of {label!r}, so it may be taken for something else.",
            f"Add it to the examples of {label!r}.",
            error=False,
        )
    elif example.label != label:
        yield project.finding(
            "button",
            project.phrases_file,
            place,
            f"“{question}” is an example of {example.label!r} and would be taken for that.",
            f"Word it as patients ask {label!r}, or move the example ({example.where}).",
        )
