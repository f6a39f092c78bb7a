"""Counts what patients asked and what became of it; none of their words is kept."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from statistics import median

from lumbar.studio.conversations import Turn
from lumbar.studio.errors import UsageError

ANSWERED = "answered"
REFUSED = "refused"
ASKED_BACK = "asked back"
HANDED_OVER = "handed over"
RED_FLAG = "red flag"
OUTCOMES = (ANSWERED, REFUSED, ASKED_BACK, HANDED_OVER, RED_FLAG)

COMPARISON = "compare_treatments"
OF_LABEL = {
    COMPARISON: ANSWERED,
    "not_covered": REFUSED,
    "out_of_scope": REFUSED,
    "non_english": REFUSED,
    "nlu_fallback": ASKED_BACK,
    "human_handoff": HANDED_OVER,
    "emergency": RED_FLAG,
}
"""Intents by outcome. A FAQ key is answered; every other intent is small talk."""

UNANSWERED = {
    "not_covered": "A medical question without an answer in the article",
    "out_of_scope": "About something else than backs, health or the clinic",
    "non_english": "In another language than English",
    "nlu_fallback": "Not understood: the assistant asked what was meant",
}
GONE = "A topic that exists no more"
OTHER = "Refusals and other replies"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Borders between the bars of the response times."""
SLOWEST = 0.95
"""The share of replies that take at most as long as `Usage.slow` says."""

USUAL_DAYS = 30
FIRST_YEAR = 2000
"""A year before it is a slip of the fingers."""

OFFICE_DAYS = range(5)
OFFICE_HOURS = range(8, 18)


@dataclass(frozen=True)
class Period:
    """Whole days in the machine's time zone, from `first` through `last`."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days) for days in range(count)]

    @property
    def start(self) -> float:
        """The midnight it begins with, in seconds since 1970."""
        return _midnight(self.first)

    @property
    def end(self) -> float:
        """The midnight it ends with, in seconds since 1970."""
        return _midnight(self.last + timedelta(1))

    @property
    def before(self) -> "Period":
        """As many days, up to the one before `first`."""
        return Period(
            self.first - (self.last - self.first) - timedelta(1), self.first - timedelta(1)
        )

    @property
    def so_far(self) -> "Period":
        """What of it has come, today included."""
        return Period(self.first, min(self.last, date.today()))

    @property
    def zone(self) -> str:
        """The time zone, or both where the clocks were changed."""
        moments = (datetime.fromtimestamp(one).astimezone() for one in (self.start, self.end - 1))
        named = (f"{one:%Z}, UTC{one.isoformat()[-6:]}" for one in moments)
        return " and ".join(dict.fromkeys(named)).replace("UTC, UTC+00:00", "UTC")


@dataclass(frozen=True)
class Nearest:
    """Unanswered messages that came nearest to a question, and how sure (0 to 1) that is."""

    count: int
    sureness: float


@dataclass(frozen=True)
class Usage:
    """The figures of a period, all counted in messages except `conversations`.

    `outcomes` has all of `OUTCOMES`, `topics` every question that has an answer, both also
    with 0; `helpful` the thumbs (up, down) by topic or `OTHER`; `unanswered` is by reason,
    `nearest` by question; `hours` has shape (7, 24), from Monday and from midnight; `waits`
    are the seconds from a message to the first reply, sorted; `silent` had none.
    """

    period: Period
    conversations: int
    messages: int
    small_talk: int
    outcomes: dict[str, int]
    topics: dict[str, int]
    helpful: dict[str, tuple[int, int]]
    unanswered: dict[str, int]
    nearest: dict[str, Nearest]
    days: dict[date, int]
    hours: list[list[int]]
    waits: list[float]

    @property
    def questions(self) -> int:
        """Messages without the small talk: what the shares are of."""
        return self.messages - self.small_talk

    @property
    def silent(self) -> int:
        return self.messages - len(self.waits)

    @property
    def thumbs(self) -> tuple[int, int]:
        """All thumbs, up and down."""
        return sum(up for up, _ in self.helpful.values()), sum(
            down for _, down in self.helpful.values()
        )

    @property
    def typical(self) -> float | None:
        """Seconds that half of the replies took at most; None without any."""
        return median(self.waits) if self.waits else None

    @property
    def slow(self) -> float | None:
        """Seconds that `SLOWEST` of the replies took at most; None without any."""
        return self.waits[ceil(SLOWEST * len(self.waits)) - 1] if self.waits else None

    @property
    def by_seconds(self) -> list[int]:
        """Replies between the borders `SECONDS`, shape (len(SECONDS) + 1)."""
        counts = Counter(bisect_right(SECONDS, wait) for wait in self.waits)
        return [counts[place] for place in range(len(SECONDS) + 1)]

    @property
    def by_hour(self) -> list[int]:
        return [sum(of_hour) for of_hour in zip(*self.hours, strict=True)]

    @property
    def by_weekday(self) -> list[int]:
        return [sum(of_day) for of_day in self.hours]

    @property
    def per_weekday(self) -> list[float]:
        """Messages on an average Monday and so on; 0 for what the period does not hold."""
        there = Counter(day.weekday() for day in self.days)
        return [count / max(1, there[day]) for day, count in enumerate(self.by_weekday)]

    @property
    def out_of_hours(self) -> int:
        """Messages at the weekend or outside of `OFFICE_HOURS`."""
        return self.messages - sum(
            self.hours[day][hour] for day in OFFICE_DAYS for hour in OFFICE_HOURS
        )

    def figures(self) -> dict[str, dict[str, str | float | None]]:
        """Return every figure by section and name; shares in per cent, times in seconds."""
        up, down = self.thumbs
        borders = [f"{border:g} s" for border in SECONDS]
        spans = ["under " + borders[0], *map("{} to {}".format, borders, borders[1:])]
        return {
            "overview": {
                "first day": self.period.first.isoformat(),
                "last day": self.period.last.isoformat(),
                "time zone": self.period.zone,
                "conversations": self.conversations,
                "messages": self.messages,
                "small talk": self.small_talk,
                "messages without small talk": self.questions,
                "outside Monday to Friday, 8 am to 6 pm": self.out_of_hours,
                "thumbs up": up,
                "thumbs down": down,
            },
            "outcomes": {**self.outcomes},
            "share of messages without small talk, %": {
                name: round(100 * count / self.questions, 2) if self.questions else None
                for name, count in self.outcomes.items()
            },
            "answers by topic": {**self.topics},
            "thumbs up by topic": {name: up for name, (up, _) in self.helpful.items()},
            "thumbs down by topic": {name: down for name, (_, down) in self.helpful.items()},
            "unanswered": {**self.unanswered},
            "unanswered, by nearest question": {
                name: one.count for name, one in self.nearest.items()
            },
            "unanswered, how sure of that, %": {
                name: round(100 * one.sureness, 1) for name, one in self.nearest.items()
            },
            "messages by day": {day.isoformat(): count for day, count in self.days.items()},
            "messages by weekday": dict(zip(WEEKDAYS, self.by_weekday, strict=True)),
            "messages by hour": {f"{hour:02}:00": n for hour, n in enumerate(self.by_hour)},
            "response time, s": {
                "median": None if self.typical is None else round(self.typical, 3),
                "95th percentile": None if self.slow is None else round(self.slow, 3),
            },
            "replies by response time": {
                **dict(zip([*spans, borders[-1] + " or more"], self.by_seconds, strict=True)),
                "no reply": self.silent,
            },
        }


def period(first: str, last: str) -> Period:
    """Return the days from `first` through `last`, which are ISO dates.

    Without `last`, that is today; without `first`, there are `USUAL_DAYS`.

    Raises:
        UsageError: no such date, the wrong way round, not yet come or long ago.
    """
    today = date.today()
    end = _date("--to", last) if last else today
    begin = _date("--from", first) if first else min(end, today) - timedelta(USUAL_DAYS - 1)
    if begin > end:
        raise UsageError(f"--from {begin} is after --to {end}. Swap them.")
    if begin > today:
        raise UsageError(f"--from {begin}: that day has not come yet. Today is {today}.")
    return Period(begin, end)


def count(
    turns: Iterable[Turn],
    period: Period,
    questions: Mapping[str, str],
    groups: Sequence[tuple[str, int, float]] = (),
) -> Usage:
    """Return the figures of those of `turns` that fall into `period`.

    `questions` tells by label what a topic is called. `groups` holds the nearest question,
    the messages and the sureness (0 to 1) of each group of unanswered messages. What the
    labels in the database or the groups hold beside that is never passed on.
    """
    start, end = period.start, period.end
    asked = [turn for turn in turns if start <= turn.time < end]
    names = {label: name for label, name in questions.items() if _outcome(label) == ANSWERED}
    topics = Counter(dict.fromkeys(names.values(), 0))
    helpful: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    days = Counter(dict.fromkeys(period.days, 0))
    hours = [[0] * 24 for _ in WEEKDAYS]
    labels = Counter(turn.label for turn in asked)
    for turn in asked:
        at = datetime.fromtimestamp(turn.time)
        days[at.date()] += 1
        hours[at.weekday()][at.hour] += 1
        topic = names.get(turn.label, GONE) if _outcome(turn.label) == ANSWERED else OTHER
        if turn.verdict:
            helpful[topic][turn.verdict == "down"] += 1
        if topic != OTHER:
            topics[topic] += 1
    outcomes = Counter(dict.fromkeys(OUTCOMES, 0))
    small_talk = 0
    for label, number in labels.items():
        if outcome := _outcome(label):
            outcomes[outcome] += number
        else:
            small_talk += number
    return Usage(
        period,
        len({turn.conversation for turn in asked}),
        len(asked),
        small_talk,
        dict(outcomes),
        dict(topics.most_common()),
        {name: (up, down) for name, (up, down) in sorted(helpful.items())},
        {name: labels[label] for label, name in UNANSWERED.items()},
        _nearest(groups, set(names.values())),
        dict(days),
        hours,
        sorted(turn.seconds for turn in asked if turn.seconds is not None),
    )


def _outcome(label: str) -> str | None:
    return ANSWERED if label.partition("/")[0] == "faq" else OF_LABEL.get(label)


def _nearest(groups: Sequence[tuple[str, int, float]], known: set[str]) -> dict[str, Nearest]:
    counts: Counter[str] = Counter()
    sure: dict[str, float] = defaultdict(float)
    for question, number, sureness in groups:
        name = question if question in known else GONE
        counts[name] += number
        sure[name] += number * sureness
    return {name: Nearest(n, sure[name] / n) for name, n in counts.most_common() if n}


def _date(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: this is no date. Write it as 2026-11-30.") from None
    if day.year < FIRST_YEAR:
        raise UsageError(f"{option} {text}: there was no assistant then. Write it as 2026-11-30.")
    return day


def _midnight(day: date) -> float:
    return datetime.combine(day, time.min).timestamp()
