"""Shows the figures of a period to people: one HTML page for a meeting, and a spreadsheet."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lumbar.content import Clinic
from lumbar.studio import usage as counted
from lumbar.studio.usage import Period, Usage

TEMPLATE = Path(__file__).with_name("usage.html")

DAY_BY_DAY = 92
"""Days up to which each has its own bar; beyond, each week has."""
FEW = 50
"""Below that a change is told in numbers: half of four is no trend."""
LETTERS_THAT_CALCULATE = ("=", "+", "-", "@", "\t", "\r")

OUTCOME_NAMES = {
    counted.ANSWERED: "Answered",
    counted.REFUSED: "Refused: no answer in the article",
    counted.ASKED_BACK: "Asked back what was meant",
    counted.HANDED_OVER: "Handed over to the team",
    counted.RED_FLAG: "Red flag: sent to emergency care",
}

LEFT, TOP, FOOT = 46, 20, 26
"""Room around the bars of a plot."""
WIDEST = 120
"""A column."""
LINES = 4
"""At most, across a plot."""


class Bar(NamedTuple):
    """Place and size in the plot's units; `text` stands above it, `tells` on pointing at it."""

    x: float
    y: float
    width: float
    height: float
    text: str
    tells: str
    pale: bool


@dataclass(frozen=True)
class Plot:
    """Columns in a box of `width` by `height`; `lines` (y, text), `names` (x, text)."""

    width: int
    height: int
    tells: str
    bars: list[Bar]
    lines: list[tuple[float, str]]
    names: list[tuple[float, str]]
    mean: tuple[float, str] | None


class Change(NamedTuple):
    arrow: str
    text: str


class Tile(NamedTuple):
    name: str
    figure: str
    change: Change | None


@dataclass
class Week:
    """`counts` from Monday, None for the days that the period does not hold."""

    monday: date
    counts: list[int | None] = field(default_factory=lambda: [None] * 7)

    @property
    def total(self) -> int:
        return sum(count or 0 for count in self.counts)


def page(now: Usage, before: Usage, clinic: Clinic, made: datetime) -> str:
    """Return an HTML page that needs no other file and holds no patient's words.

    It tells that it was `made` at a local time, and so whether its last day was over.
    """
    places = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    places.filters.update(number=_number, percent=_percent, seconds=_seconds, day=_day)
    weeks = _weeks(now)
    return places.get_template(TEMPLATE.name).render(
        clinic=clinic,
        made=made,
        now=now,
        before=before,
        counted=counted,
        outcome_names=OUTCOME_NAMES,
        period=_span(now.period),
        period_before=_span(before.period),
        tiles=_tiles(now, before),
        change=_changes(before),
        weeks=weeks,
        by_day=_by_day(now, before, weeks),
        by_hour=_by_hour(now),
        by_weekday=_by_weekday(now),
        by_seconds=_by_seconds(now),
        spans=now.figures()["replies by response time"],
    )


def spreadsheet(now: Usage, before: Usage) -> bytes:
    """Return the figures as CSV with a row for each, as Excel opens it."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(("section", "name", "value"))
    for when, usage in (("", now), ("period before: ", before)):
        for section, figures in usage.figures().items():
            rows.writerows((when + section, _tame(name), value) for name, value in figures.items())
    # Excel takes a file without the mark for one of another alphabet.
    return text.getvalue().encode("utf-8-sig")


def _tame(name: str) -> str:
    return f"'{name}" if name.startswith(LETTERS_THAT_CALCULATE) else name


def _tiles(now: Usage, before: Usage) -> list[Tile]:
    change = _changes(before)
    answered = [_share(one.outcomes[counted.ANSWERED], one.questions) for one in (now, before)]
    helpful = [_share(one.thumbs[0], sum(one.thumbs)) for one in (now, before)]
    flags = [one.outcomes[counted.RED_FLAG] for one in (now, before)]
    return [
        Tile(
            "Conversations",
            _number(now.conversations),
            change(now.conversations, before.conversations),
        ),
        Tile("Messages", _number(now.messages), change(now.messages, before.messages)),
        Tile("Questions answered", _share_text(answered[0]), change(*answered, _share_text)),
        Tile("Answers found helpful", _share_text(helpful[0]), change(*helpful, _share_text)),
        Tile("Red flags", _number(flags[0]), change(*flags)),
        Tile(
            "Typical reply after",
            _seconds(now.typical),
            change(now.typical, before.typical, _seconds),
        ),
    ]


def _changes(before: Usage) -> Callable[..., Change | None]:
    """Return what tells a change since `before`, or nothing when nobody wrote then."""

    def change(
        now: float | None, was: float | None, shown: Callable[[Any], str] = _number
    ) -> Change | None:
        if not before.messages or now is None or was is None:
            return None
        if shown(now) == shown(was):
            return Change("=", f"as before ({shown(was)})" if was else "as before")
        up = now > was
        by = f" by {abs(now / was - 1):.0%}" if shown is _number and was >= FEW else ""
        return Change("▲" if up else "▼", f"{'up' if up else 'down'}{by} from {shown(was)}")

    return change


def _by_day(now: Usage, before: Usage, weeks: Sequence[Week]) -> Plot:
    days = now.days
    if len(days) > DAY_BY_DAY:
        totals = [week.total for week in weeks]
        names = _some([f"{week.monday:%b} {week.monday.day}" for week in weeks], 12)
        tells = [f"Week of {_day(week.monday)}" for week in weeks]
        what = f"Messages in each of {len(weeks)} weeks, {min(totals)} to {max(totals)}."
        return _plot(what, totals, names, tells, width=960)
    mean = before.messages / len(days)
    names = _some([f"{day:%b} {day.day}" for day in days], 12)
    what = f"Messages on each of {len(days)} days, {min(days.values())} to {max(days.values())}."
    return _plot(
        what,
        list(days.values()),
        names,
        [f"{day:%A}, {_day(day)}" for day in days],
        width=960,
        pale=[day.weekday() not in counted.OFFICE_DAYS for day in days],
        mean=(mean, f"mean of the period before: {mean:,.0f} a day") if before.messages else None,
    )


def _by_hour(now: Usage) -> Plot:
    hours = [f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" for hour in range(24)]
    most = max(range(24), key=now.by_hour.__getitem__)
    return _plot(
        f"Messages by hour of the day, most from {hours[most]}: {now.by_hour[most]}.",
        now.by_hour,
        _some(hours, 8),
        [f"From {hour}" for hour in hours],
        width=620,
        pale=[hour not in counted.OFFICE_HOURS for hour in range(24)],
    )


def _by_weekday(now: Usage) -> Plot:
    most = max(range(7), key=now.per_weekday.__getitem__)
    return _plot(
        f"Messages on an average day of the week, most on {counted.WEEKDAYS[most]}: "
        f"{now.per_weekday[most]:.0f}.",
        now.per_weekday,
        [name[:3] for name in counted.WEEKDAYS],
        counted.WEEKDAYS,
        width=320,
        pale=[day not in counted.OFFICE_DAYS for day in range(7)],
    )


def _by_seconds(now: Usage) -> Plot:
    tells = list(now.figures()["replies by response time"])
    return _plot(
        f"Replies by how long they took; half took at most {_seconds(now.typical)}.",
        now.by_seconds,
        [tell.replace(" s to ", "–") for tell in tells[:-1]],
        tells[:-1],
        width=620,
    )


def _plot(
    what: str,
    values: Sequence[float],
    names: Sequence[str],
    tells: Sequence[str],
    *,
    width: int,
    height: int = 240,
    pale: Sequence[bool] = (),
    mean: tuple[float, str] | None = None,
) -> Plot:
    top = max(*values, mean[0] if mean else 0, 1)
    step = next(
        step
        for power in range(12)
        for step in (10**power, 2 * 10**power, 5 * 10**power)
        if top / step <= LINES
    )
    room = height - TOP - FOOT
    scale = room / top
    stride = (width - LEFT) / len(values)
    gap = max(min(6.0, stride / 4), stride - WIDEST)
    bars = [
        Bar(
            round(LEFT + place * stride + gap / 2, 2),
            round(TOP + room - value * scale, 2),
            round(stride - gap, 2),
            round(value * scale, 2),
            f"{value:,.0f}" if stride >= 36 else "",
            f"{told}: {value:,.0f}",
            bool(pale and pale[place]),
        )
        for place, (value, told) in enumerate(zip(values, tells, strict=True))
    ]
    lines = [(TOP + room - n * step * scale, _number(n * step)) for n in range(int(top / step) + 1)]
    places = [(LEFT + (place + 0.5) * stride, name) for place, name in enumerate(names) if name]
    level = (TOP + room - mean[0] * scale, mean[1]) if mean else None
    return Plot(width, height, what, bars, lines, places, level)


def _some(names: Sequence[str], most: int) -> list[str]:
    """Return `names` with all but `most` of them emptied, at equal distances."""
    stride = -(-len(names) // most)
    return [name if place % stride == 0 else "" for place, name in enumerate(names)]


def _weeks(now: Usage) -> list[Week]:
    weeks: dict[date, Week] = {}
    for day, count in now.days.items():
        monday = date.fromordinal(day.toordinal() - day.weekday())
        weeks.setdefault(monday, Week(monday)).counts[day.weekday()] = count
    return list(weeks.values())


def _span(period: Period) -> str:
    first, last = period.first, period.last
    if first == last:
        return _day(last)
    if first.year != last.year:
        return f"{_day(first)} to {_day(last)}"
    end = f"{last.day}" if first.month == last.month else f"{last:%B} {last.day}"
    return f"{first:%B} {first.day} to {end}, {last.year}"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _share_text(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def _percent(part: int, whole: int) -> str:
    return _share_text(_share(part, whole))


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
