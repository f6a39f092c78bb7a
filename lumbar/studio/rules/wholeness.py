"""Nothing is without an answer, examples, a rule or a test story."""

from collections.abc import Iterator

from lumbar.documents import nearest
from lumbar.studio.rules.finding import Finding
from lumbar.studio.rules.project import Label, Project

UTTER = "utter_"
FALLBACK = "nlu_fallback"
"""What Rasa is told when nothing is understood: an intent without examples."""


def check(project: Project) -> Iterator[Finding]:
    """Yield what lacks its counterpart in another file, once every file can be read."""
    if not project.whole:
        return
    yield from _labels(project)
    yield from _answers(project)
    yield from _intents(project)
    yield from _rules(project)
    yield from _stories(project)


def _labels(project: Project) -> Iterator[Finding]:
    ruled = {step.get("intent") for rule in project.rules for step in rule.steps}
    told = {step.get("intent") for _, _, story in project.stories for step in story.steps}

    def found(rule: str, label: Label, text: str, remedy: str) -> Finding:
        return project.finding(rule, label.path, label.line, text, remedy)

    for label in project.labels.values():
        name = label.name
        if label.intent != name and f"{UTTER}{name}" not in project.answers:
            remedy = f"Write it under `responses` of domain.yml, as `{UTTER}{name}`."
            yield found("answer-missing", label, f"{name!r} has no answer.", remedy)
        if label.intent not in ruled:
            remedy = f"Write a rule in data/rules.yml that begins with `- intent: {label.intent}`."
            yield found("rule-missing", label, f"no rule answers {label.intent!r}.", remedy)
        if label.intent not in project.intents:
            remedy = "Add it to `intents` of domain.yml, as the others there."
            yield found("intent-unknown", label, f"the intent {label.intent!r} is new.", remedy)
        if name not in told:
            remedy = "Write one in tests/stories/test_every_intent.yml, as the others there."
            yield found("story-missing", label, f"no test story has {name!r}.", remedy)


def _answers(project: Project) -> Iterator[Finding]:
    for answer in project.answers:
        label = answer.removeprefix(UTTER)
        if "/" in label and label not in project.labels:
            yield project.finding(
                "examples-missing",
                project.domain_file,
                ("responses", answer),
                f"nothing leads to this answer: {label!r} has no examples.",
                nearest(label, project.labels),
            )


def _intents(project: Project) -> Iterator[Finding]:
    taught = {label.intent for label in project.labels.values()} | {FALLBACK}
    ruled = {step.get("intent") for rule in project.rules for step in rule.steps}
    for index, intent in enumerate(project.intents):
        place = ("intents", index)
        if intent not in taught:
            text, remedy = f"{intent!r} has no examples.", nearest(intent, taught)
            yield project.finding("examples-missing", project.domain_file, place, text, remedy)
        elif intent == FALLBACK and intent not in ruled:
            text = "no rule says what to do when nothing is understood."
            remedy = f"Write one in data/rules.yml that begins with `- intent: {FALLBACK}`."
            yield project.finding("rule-missing", project.domain_file, place, text, remedy)


def _rules(project: Project) -> Iterator[Finding]:
    retrieved = {
        f"{UTTER}{one.intent}" for one in project.labels.values() if one.intent != one.name
    }
    known = {*project.answers, *retrieved}
    intents = {*(one.intent for one in project.labels.values()), FALLBACK}
    for index, rule in enumerate(project.rules):
        for number, step in enumerate(rule.steps):
            place = ("rules", index, "steps", number)
            action = str(step.get("action", ""))
            if action.startswith(UTTER) and action not in known:
                text = f"there is no answer {action!r} in domain.yml."
                remedy = nearest(action, known)
                yield project.finding("answer-missing", project.rules_file, place, text, remedy)
            if step.get("intent", FALLBACK) not in intents:
                text = f"there are no examples of {step['intent']!r}."
                remedy = nearest(str(step["intent"]), intents)
                yield project.finding("examples-missing", project.rules_file, place, text, remedy)


def _stories(project: Project) -> Iterator[Finding]:
    known = {*project.labels, FALLBACK}
    steps = (
        (path, ("stories", index, "steps", number), str(step["intent"]))
        for path, index, story in project.stories
        for number, step in enumerate(story.steps)
        if "intent" in step
    )
    told = set()
    for path, place, intent in steps:
        told.add(intent)
        if intent not in known:
            text, remedy = f"there are no examples of {intent!r}.", nearest(intent, known)
            yield project.finding("examples-missing", path, place, text, remedy)
    if FALLBACK not in told and project.stories:
        text = "no test story has a message that is not understood."
        remedy = f"Write one in it with `intent: {FALLBACK}`."
        yield project.finding("story-missing", project.stories[0][0], 1, text, remedy)
