"""Plans what a group of messages teaches: more examples of a question, or a new question."""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz
from spacy.tokens import Doc

from lumbar import content
from lumbar.documents import read_yaml
from lumbar.examples import by_label, read_examples
from lumbar.language import pipeline
from lumbar.language.intents import EMERGENCY, REFUSALS, spelling_of
from lumbar.language.redaction import redact
from lumbar.language.vectors import example_vectors
from lumbar.settings import settings
from lumbar.studio import answer_edits, errors, example_edits
from lumbar.studio.errors import StudioError
from lumbar.studio.files import Change
from lumbar.studio.inbox import handle, handled_file
from lumbar.studio.rules.examples import ALIKE, SAME_START, SHORT
from lumbar.studio.rules.project import plain
from lumbar.studio.rules.wording import FORBIDDEN, HARDEST, LONGEST, grade
from lumbar.studio.yaml_edits import add_facts

SECTION = "From the clinic"
TAUGHT = "test_taught.yml"
HELD_OUT_FROM = 6
"""Messages from which one is kept for the test story and not learnt."""
GOOD = 10
"""Examples from which a new question is understood in other words too."""
LEARNT = 100
"""Messages of a group at most."""
NEAREST = 3
MOVES = 0.9
"""Of how near the messages are to each other, from which an example that was refused is
as near to them."""
OFFERED = 3
"""Next questions."""

_LITTLE = """
a about after again am an and any are at be before can could did do does for from get has have how
i if in is it long me mild may much my need of on one or procedure should so soon that the there
this to up was we what when where which who why will with would you your
"""
"""Words that tell no question from another."""


@dataclass(frozen=True)
class NewQuestion:
    """A question that nobody has taught yet. `facts` are ids of known facts, `new_facts`
    sentences that `source` supplies; `following` are FAQ keys."""

    title: str
    answer: str
    facts: Sequence[str] = ()
    new_facts: Sequence[str] = ()
    source: str = ""
    key: str = ""
    following: Sequence[str] = ()


@dataclass(frozen=True)
class Plan:
    """What will be written, and what to tell about it."""

    change: Change
    label: str
    notes: list[str] = field(default_factory=list)

    def diff(self) -> str:
        """Return the change as a unified diff, without the studio's own list."""
        lines: list[str] = []
        for path, after in self.change.after.items():
            name = str(path.relative_to(settings.project))
            if path == handled_file()[0]:
                continue
            before = self.change.before[path] or b""
            lines += difflib.unified_diff(
                before.decode().splitlines(),
                (after or b"").decode().splitlines(),
                name,
                name,
                n=0,
                lineterm="",
            )
        return "\n".join(lines)


def plan_examples(label: str, texts: Sequence[str]) -> Plan:
    """Plan to learn `texts` as examples of the existing `label`.

    Raises:
        StudioError: the label is unknown, or a text is empty or too long.
    """
    known = by_label(read_examples())
    if f"faq/{label}" in known:
        label = f"faq/{label}"
    if label not in known:
        raise StudioError(f"There is no question {label!r}. {errors.nearest(label, known)}")
    return _plan(label, texts, known, None, [])


def plan_question(new: NewQuestion, texts: Sequence[str], move: bool = True) -> Plan:
    """Plan a new question with `texts` as its examples.

    With `move`, examples that were refused and ask the same become examples of it.

    Raises:
        StudioError: the key exists, the title or the answer is empty, a fact or a next
            question is unknown, or the answer cites nothing.
    """
    known = by_label(read_examples())
    for name, value in (("question", new.title), ("answer", new.answer)):
        if not value.strip():
            raise StudioError(f"The {name} is empty. Write it as a patient would read it.")
    key = label_of(new)
    if key in known:
        raise StudioError(
            f"The key {key!r} exists already. Choose another with --key, or add the messages to "
            f"that question with --to {key}."
        )
    if not re.fullmatch("faq/[a-z][a-z0-9_]*", key):
        raise StudioError(f"The key {key!r} may hold small letters, digits and _ only.")
    facts = content.load().facts.by_id
    for fact in new.facts:
        if fact not in facts:
            raise StudioError(f"There is no fact {fact!r}. {errors.nearest(fact, facts)}")
    if not new.facts and not new.new_facts:
        raise StudioError("The answer cites no fact. Give one with --fact or --facts.")
    told = [*new.new_facts, *(facts[fact].text for fact in new.facts)]
    if faults := answer_faults(new.answer, told):
        raise StudioError(f"The answer cannot stay so. {' '.join(faults)}")
    moved = refused_alike(texts, known) if move else []
    return _plan(key, texts, known, new, moved)


def answer_faults(answer: str, facts: Sequence[str]) -> list[str]:
    """Return what is wrong with `answer`, which rests on `facts` (texts), and what to do."""
    clinic = content.load().clinic
    text = clinic.fill(answer)
    found = []
    if (count := len(text.split())) > LONGEST:
        found.append(f"It has {count} words: shorten it to {LONGEST}.")
    if (hard := grade(text, clinic)) > HARDEST:
        found.append(f"It reads at US grade {hard:.0f}: use shorter sentences and words.")
    if promise := FORBIDDEN.search(text):
        found.append(f"“{promise[0]}” promises, diagnoses or advises: say what happens.")
    told = {figure for fact in facts for figure in content.figures(fact)}
    for figure in content.figures(text):
        if figure not in told:
            found.append(f"The figure {figure} stands in no fact that it rests on: add the fact.")
    return found


def label_of(new: NewQuestion) -> str:
    """Return the key of a new question, made from its title when none is given."""
    if new.key:
        return new.key if new.key.startswith("faq/") else f"faq/{new.key}"
    words = re.findall("[a-z0-9]+", new.title.lower())
    telling = [word for word in words if word not in _LITTLE.split()] or words
    return "faq/" + "_".join(telling[:3])


def is_taken(title: str, key: str) -> bool:
    """Whether there is a question of this key already, or of the one made from `title`."""
    return label_of(NewQuestion(title, "", key=key)) in by_label(read_examples())


def suggestions(title: str, texts: Sequence[str]) -> list[str]:
    """Return the FAQ keys that come closest to `title`, as next questions."""
    questions = {
        key: text
        for key, text in content.load().phrases.questions.items()
        if key.startswith("faq/")
    }
    encoder = pipeline.encoder()
    asked = encoder([title, *texts[:5]]).mean(axis=0)
    likeness = encoder(list(questions.values())) @ asked
    order = np.argsort(-likeness)[:OFFERED]
    return [list(questions)[place] for place in order]


def refused_alike(
    texts: Sequence[str], known: dict[str, list[str]] | None = None
) -> list[tuple[str, str]]:
    """Return (label, example) of the refused examples that ask what `texts` ask.

    As near as `texts` are to each other counts; one text alone moves nothing.
    """
    known = known or by_label(read_examples())
    refused = [(label, text) for label in REFUSALS for text in known.get(label, ())]
    if len(texts) < NEAREST or not refused:
        return []
    pairs = [(text, label) for label, ones in known.items() for text in ones]
    spelling = spelling_of(*zip(*pairs, strict=True))
    encoder = pipeline.encoder()
    asked = encoder([spelling(text) for text in texts])
    vectors = example_vectors(encoder, [spelling(text) for _, text in refused])
    among = asked @ asked.T
    np.fill_diagonal(among, -1)
    usual = float(np.median(_near(among)))
    near = _near(vectors @ asked.T)
    alike = [one for one, likeness in zip(refused, near, strict=True) if likeness >= MOVES * usual]
    docs = pipeline.load().pipe(text for _, text in alike)
    return [one for one, doc in zip(alike, docs, strict=True) if not _names_others(doc)]


def _names_others(doc: Doc) -> bool:
    named = {span.kb_id_ for span in doc.ents if span.label_ == "treatment"}
    return bool(named - {"mild"} or doc.spans["generic"])


def _near(likeness: np.ndarray) -> np.ndarray:
    return np.sort(likeness, axis=1)[:, -NEAREST:].mean(axis=1)


def _plan(
    label: str,
    texts: Sequence[str],
    known: dict[str, list[str]],
    new: NewQuestion | None,
    moved: list[tuple[str, str]],
) -> Plan:
    files = _Files()
    notes: list[str] = []
    learnt = [example_edits.as_example(redact(text)) for text in texts[:LEARNT]]
    if len(texts) > LEARNT:
        notes.append(f"Of {len(texts)} messages, the {LEARNT} most typical are learnt.")
    held_out = learnt[1] if len(learnt) >= HELD_OUT_FROM else None
    already = {plain(text): other for other, ones in known.items() for text in ones}
    for text in learnt:
        other = already.get(plain(text))
        if other and other != label and text in known[other]:
            moved = [*moved, (other, text)]
    moved = list(dict.fromkeys(one for one in moved if one[0] != EMERGENCY or label == EMERGENCY))
    for other in dict.fromkeys(name for name, _ in moved):
        path = _file_of(other)
        gone = [text for name, text in moved if name == other]
        files.edit(path, partial(example_edits.remove_examples, label=other, texts=gone))
        if len(gone) == len(known[other]):
            raise StudioError(f"That would leave no example of {other!r}. Use --leave-refused.")
    going = set(moved)
    left = {
        name: [text for text in ones if (name, text) not in going] for name, ones in known.items()
    }
    asked = [example_edits.as_example(new.title)] if new else []
    learning = [text for text in learnt if text != held_out]
    candidates = [*asked, *learning, *(text for _, text in moved)]
    fresh, doubled = _fresh(candidates, label, left)
    if doubled:
        notes.append(f"{doubled} left out: nearly the same as another example.")
    if moved:
        notes.append(f"{len(moved)} examples that were refused ask this too, and move here.")
    if new and len(fresh) < GOOD:
        notes.append(
            f"{len(fresh)} examples are few: `lumbar teach --text … --to {label}` adds more."
        )
    if not fresh:
        notes.append(f"Nothing to learn: {label!r} has these already. The group counts as handled.")
    elif new is None:
        files.edit(_file_of(label), partial(example_edits.add_examples, label=label, texts=fresh))
    else:
        nlu = _data() / "nlu.yml"
        files.edit(nlu, partial(example_edits.add_label, label=label, texts=fresh))
        _write_question(files, label, new)
    if fresh:
        said = [new.title if new else fresh[0], *([held_out] if held_out else [])]
        following = _steps(label)
        stories = settings.project / "tests" / "stories" / TAUGHT
        turns = [(one, label, following) for one in said]
        files.edit(stories, partial(answer_edits.add_story, turns=turns))
    files.set(handled_file()[0], handle(list(texts), "not_covered" if label in REFUSALS else label))
    change = Change(_told(label, new, len(fresh)), files.before, files.after)
    return Plan(change, label, notes)


def _write_question(files: "_Files", label: str, new: NewQuestion) -> None:
    known = content.load()
    key = label.removeprefix("faq/")
    added: list[dict[str, Any]] = []
    for sentence in new.new_facts:
        text = " ".join(sentence.split())
        text += "" if text.endswith(".") else "."
        ids = {*known.facts.by_id, *(one["id"] for one in added)}
        fact = next(name for name in _names(key) if name not in ids)
        added.append(
            {
                "id": fact,
                "section": SECTION,
                "text": text,
                "figures": content.figures(text),
                "source": new.source or known.clinic.name,
            }
        )
    questions = known.phrases.questions
    buttons = []
    for one in new.following:
        name = one if one in questions else f"faq/{one}"
        if name not in questions:
            raise StudioError(f"There is no question {one!r}. {errors.nearest(one, questions)}")
        buttons.append(questions[name])
    cited = [*new.facts, *(str(one["id"]) for one in added)]
    if added:
        files.edit(settings.content / "facts.yml", lambda source: add_facts(source, added))
    files.edit(
        settings.project / "domain.yml",
        lambda source: answer_edits.add_answer(source, label, new.answer, cited, buttons),
    )
    files.edit(
        settings.content / "phrases.yml",
        lambda source: answer_edits.add_question(source, label, new.title),
    )


def _names(key: str) -> Iterator[str]:
    """Yield the key, and the key with a number from 2 on."""
    yield key
    yield from (f"{key}_{number}" for number in itertools.count(2))


def _fresh(
    candidates: Iterable[str], label: str, known: dict[str, list[str]]
) -> tuple[list[str], int]:
    """Return those that differ from every example and each other, and how many do not."""
    own = [plain(text).split() for text in known.get(label, ())]
    others = [plain(text) for other, ones in known.items() if other != label for text in ones]
    taken = set(others)
    kept: list[str] = []
    doubled = 0
    for text in candidates:
        said, known_words = plain(text), plain(text).split()
        alike = said in taken or any(_one_word_apart(known_words, one) for one in own)
        if not alike and label.startswith("faq/"):
            near = (one for one in others if one[:SAME_START] == said[:SAME_START])
            alike = any(fuzz.ratio(said, one) >= ALIKE for one in near)
        if alike:
            doubled += 1
        else:
            kept.append(text)
            own.append(known_words)
    return kept, doubled


def _one_word_apart(one: list[str], other: list[str]) -> bool:
    if len(one) != len(other):
        return False
    apart = sum(a != b for a, b in zip(one, other, strict=True))
    return apart == 0 or (apart == 1 and len(one) >= SHORT)


def _steps(label: str) -> list[dict[str, Any]]:
    """Return what follows a message of `label`, by the first rule for it."""
    intent = label.partition("/")[0]
    for rule in read_yaml(_data() / "rules.yml")["rules"]:
        if rule["steps"][0].get("intent") == intent:
            return list(rule["steps"][1:])
    return []


def _file_of(label: str) -> Path:
    for path in sorted(_data().glob("nlu*.yml")):
        if label in example_edits.labels(path.read_text(encoding="utf-8")):
            return path
    raise StudioError(f"No file under {_data()} has examples of {label!r}.")


def _data() -> Path:
    return settings.project / "data"


def _told(label: str, new: NewQuestion | None, count: int) -> str:
    if new:
        return f"the new question {label}"
    return f"{count} example{'s' * (count > 1)} of {label}"


class _Files:
    """Edits texts in memory; `before` and `after` are what a `Change` wants."""

    def __init__(self) -> None:
        self.before: dict[Path, bytes | None] = {}
        self.after: dict[Path, bytes | None] = {}

    def edit(self, path: Path, change: Any) -> None:
        if path not in self.after:
            self.before[path] = path.read_bytes() if path.is_file() else None
            self.after[path] = self.before[path]
            if path.is_file():
                read_yaml(path)
        self.after[path] = change((self.after[path] or b"").decode()).encode()

    def set(self, path: Path, after: bytes) -> None:
        self.before[path] = path.read_bytes() if path.is_file() else None
        self.after[path] = after
