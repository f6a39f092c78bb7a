"""The report tells what happened, to the message, and never in patients' words."""

import csv
import json
import re
import shutil
import time
from datetime import date, datetime, timedelta

import pytest
import typer
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from patients import misses, save
from playwright.sync_api import sync_playwright

from lumbar import content
from lumbar.commands.report import report
from lumbar.settings import settings
from lumbar.studio import usage
from lumbar.studio.conversations import Turn
from lumbar.studio.errors import StudioError, UsageError
from lumbar.studio.usage import GONE, OF_LABEL, Period, count, period
from lumbar.studio.usage_page import page, spreadsheet

DURATION = "How long does the relief last?"
COMPARISON = "How does MILD compare with injections and surgery?"
FIRST, LAST = "2024-11-01", "2024-11-03"
PERIOD = ("--from", FIRST, "--to", LAST)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

# Conversation, day and time, label, seconds to the reply, verdict. The clocks went back
# on November 3 at 2 am: there were two half past ones.
ASKED = [
    ("dora", "2024-10-30 12:00", "faq/duration", 0.07, None),
    ("dora", "2024-10-31 23:59", "faq/cost", 0.9, "up"),
    ("anna", "2024-11-01 00:00", "faq/duration", 0.05, "up"),
    ("anna", "2024-11-01 09:16", "compare_treatments", 0.3, "down"),
    ("anna", "2024-11-01 09:17", "thank", 0.05, None),
    ("bert", "2024-11-02 22:05", "not_covered", 1.5, "down"),
    ("bert", "2024-11-02 22:06", "nlu_fallback", 0.05, None),
    ("bert", "2024-11-02 22:07", "human_handoff", 0.05, None),
    ("cora", "2024-11-03 01:30", "emergency", 0.05, None),
    ("cora", "2024-11-03 01:30 again", "non_english", 0.15, None),
    ("cora", "2024-11-03 23:57", "faq/duration", 0.05, None),
    ("cora", "2024-11-03 23:58", "faq/no_longer_there", 0.05, None),
    ("cora", "2024-11-03 23:59", "out_of_scope", None, None),
    ("emil", "2024-11-04 00:00", "faq/duration", 0.05, None),
]


@pytest.fixture(autouse=True)
def in_new_york(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def clinic(project, monkeypatch):
    """The project of a clinic whose patients wrote `ASKED`."""
    monkeypatch.setattr(settings, "build", project / "build")
    save((who, moment(when), label, f"words of {who}", *rest) for who, when, label, *rest in ASKED)
    return project


def moment(text):
    at = datetime.fromisoformat(text.removesuffix(" again"))
    return at.replace(fold=text.endswith("again")).timestamp()


def run(*arguments):
    app = typer.Typer()
    app.command()(report)
    typer.main.get_command(app)(arguments, standalone_mode=False)


def test_every_figure_is_right(clinic, capsys):
    run(*PERIOD, "--json")
    told = json.loads(capsys.readouterr().out)
    now, before = told["period"], told["period before"]
    assert now["overview"] == {
        "first day": FIRST,
        "last day": LAST,
        "time zone": "EDT, UTC-04:00 and EST, UTC-05:00",
        "conversations": 3,
        "messages": 11,
        "small talk": 1,
        "messages without small talk": 10,
        "outside Monday to Friday, 8 am to 6 pm": 9,
        "thumbs up": 1,
        "thumbs down": 2,
    }
    assert now["outcomes"] == {
        "answered": 4,
        "refused": 3,
        "asked back": 1,
        "handed over": 1,
        "red flag": 1,
    }
    assert now["share of messages without small talk, %"]["refused"] == 30
    topics = {name: times for name, times in now["answers by topic"].items() if times}
    assert topics == {DURATION: 2, COMPARISON: 1, GONE: 1}
    assert now["answers by topic"]["What does MILD cost?"] == 0
    assert now["thumbs up by topic"] == {COMPARISON: 0, DURATION: 1, usage.OTHER: 0}
    assert now["thumbs down by topic"] == {COMPARISON: 1, DURATION: 0, usage.OTHER: 1}
    assert list(now["unanswered"].values()) == [1, 1, 1, 1]
    assert list(now["messages by day"].values()) == [3, 3, 5]
    assert now["messages by weekday"] == dict(
        zip(usage.WEEKDAYS, [0, 0, 0, 0, 3, 3, 5], strict=True)
    )
    hours = {name: times for name, times in now["messages by hour"].items() if times}
    assert hours == {"00:00": 1, "01:00": 2, "09:00": 2, "22:00": 3, "23:00": 3}
    assert now["response time, s"] == {"median": 0.05, "95th percentile": 1.5}
    assert list(now["replies by response time"].values()) == [7, 1, 1, 0, 1, 0, 0, 1]
    assert before["overview"]["first day"] == "2024-10-29"
    assert before["outcomes"]["answered"] == 2


def test_the_spreadsheet_stands_beside_the_page_and_holds_the_same(clinic, capsys):
    run(*PERIOD, "--json", "--csv")
    told = json.loads(capsys.readouterr().out)
    path = settings.build / f"report-{FIRST}-{LAST}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[:2] == [
        {"section": "overview", "name": "first day", "value": FIRST},
        {"section": "overview", "name": "last day", "value": LAST},
    ]
    for when, sections in (("", told["period"]), ("period before: ", told["period before"])):
        for section, figures in sections.items():
            found = {row["name"]: row["value"] for row in rows if row["section"] == when + section}
            assert found == {n: "" if v is None else str(v) for n, v in figures.items()}


def test_the_page_tells_figures_and_changes_in_words(clinic, capsys):
    run(*PERIOD, "--output", str(clinic / "page.html"))
    assert capsys.readouterr().out == f"{clinic / 'page.html'}: 11 messages in 3 conversations.\n"
    shown = " ".join(soup(clinic / "page.html").get_text(" ").split())
    for text in (
        "Atlas Pain Specialists",
        "November 1 to 3, 2024, compared with October 29 to 31, 2024",
        "Conversations 3 ▲ up from 1",
        "Questions answered 40% ▼ down from 100%",
        "Shares are of 10 messages. 1 more were small talk",
        f"{DURATION} 2 50% ▲ up from 1",
        "pressed “Helpful” 1 times and “Not helpful” 2 times: 33%",
        "Half of the replies came within 0.05 s , 95% within 1.5 s",
        "EDT, UTC-04:00 and EST, UTC-05:00",
    ):
        assert text in shown


def test_the_page_needs_nothing_else(clinic):
    run(*PERIOD, "--output", str(clinic / "page.html"))
    found = soup(clinic / "page.html")
    assert not found(["script", "link", "img", "iframe", "object", "embed", "form", "base"])
    attributes = [str(value) for tag in found(True) for value in tag.attrs.values()]
    assert not [one for one in attributes if "//" in one or "url(" in one]
    style = found.style.string
    assert "url(" not in style and "@import" not in style


LABELS = (*OF_LABEL, "faq/duration", "faq/cost", "thank", "")
WORDS = st.text("qxzjkv", min_size=6, max_size=9)
MESSAGES = st.lists(
    st.tuples(
        WORDS,
        st.integers(0, 6 * 24 * 3600 - 1),
        st.sampled_from(LABELS) | WORDS | WORDS.map("faq/{}".format),
        st.lists(WORDS, min_size=1, max_size=4).map("<b>".join),
        st.none() | st.floats(0, 60),
        st.sampled_from(["up", "down", None]),
    ),
    min_size=1,
    max_size=6,
)


@how(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES)
def test_no_word_of_a_patient_is_told(project, capsys, messages):
    shutil.rmtree(settings.state, ignore_errors=True)
    start = moment("2024-10-29")
    save((who, start + at, label, *rest) for who, at, label, *rest in messages)
    run(*PERIOD, "--csv", "--json", "--output", str(project / "page.html"))
    told = capsys.readouterr().out
    told += (project / "page.html").read_text("utf-8") + (project / "page.csv").read_text("utf-8")
    for who, _, label, text, *_ in messages:
        said = {who, *text.split("<b>"), *({label} - {*LABELS}), label.removeprefix("faq/")}
        assert not [word for word in said - {*LABELS, "duration", "cost"} if word in told]


def test_what_groups_hold_beside_known_questions_is_not_told():
    turns = [Turn("anna", moment("2024-11-01 09:00"), "words", "not_covered")]
    groups = [(DURATION, 3, 0.75), ("words of a patient", 2, 0.125), (DURATION, 1, 0.5)]
    now = count(turns, *some_days(), groups)
    assert now.nearest == {DURATION: usage.Nearest(4, 0.6875), GONE: usage.Nearest(2, 0.125)}
    shown = soup_of(now, count([], now.period.before, {})).get_text(" ", strip=True)
    assert f"{DURATION} 4 69%" in shown
    assert "words of a patient" not in shown


def test_editors_titles_are_no_formulas_and_no_markup():
    titles = {"faq/a": "=1+1", "faq/b": "@SUM(A1)", "faq/c": "<b>bold</b>", "faq/d": "-2"}
    turns = [Turn("anna", moment("2024-11-01 09:00"), "", label) for label in titles]
    now = count(turns, Period(date(2024, 11, 1), date(2024, 11, 1)), titles)
    rows = spreadsheet(now, now).decode("utf-8-sig").splitlines()
    names = [row[1] for row in csv.reader(rows) if row[0] == "answers by topic"]
    assert sorted(names) == ["'-2", "'=1+1", "'@SUM(A1)", "<b>bold</b>"]
    assert "<b>bold</b>" in soup_of(now, now).get_text()


def test_a_period_without_messages_says_so(clinic, capsys):
    run("--from", "2024-12-01", "--to", "2024-12-31", "--csv")
    assert "nobody wrote from 2024-12-01 to 2024-12-31" in capsys.readouterr().out
    shown = soup(settings.build / "report-2024-12-01-2024-12-31.html").get_text(" ", strip=True)
    assert "no patient wrote to the assistant" in shown


def test_small_talk_alone_has_no_shares(clinic, capsys):
    turns = [Turn("anna", moment("2024-11-01 09:00"), "", "greet")]
    now = count(turns, Period(date(2024, 11, 1), date(2024, 11, 1)), {"faq/a": "A?"})
    shown = soup_of(now, count([], now.period.before, {})).get_text(" ", strip=True)
    assert "Questions answered –" in shown
    assert "nothing to compare with" in shown


def test_a_long_period_has_a_bar_for_each_week():
    year = Period(date(2023, 1, 1), date(2024, 12, 31))
    turns = [Turn("a", moment(f"2024-0{month}-01 09:00"), "", "faq/a") for month in range(1, 10)]
    now = count(turns, year, {"faq/a": "A?"})
    plot = soup_of(now, count([], year.before, {})).find(
        attrs={"aria-label": "Plot of messages over the period"}
    )
    assert len(plot("rect")) == 106


def test_without_dates_it_is_the_last_30_days(project):
    today = date.today()
    assert period("", "") == Period(today - timedelta(29), today)
    assert period("", "2024-11-30") == Period(date(2024, 11, 1), date(2024, 11, 30))
    days = Period(date(2024, 11, 1), date(2024, 11, 30))
    assert len(days.days) == len(days.before.days) == 30
    assert days.before.end == days.start


def test_days_to_come_are_not_counted():
    today = date.today()
    asked = period((today - timedelta(2)).isoformat(), (today + timedelta(9)).isoformat())
    assert asked.so_far == Period(today - timedelta(2), today)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--from", "2024-13-01"], "--from 2024-13-01: this is no date"),
        (["--to", "yesterday"], "--to yesterday: this is no date"),
        (["--from", "11/01/2024"], "--from 11/01/2024: this is no date"),
        (["--from", "2024-11-02", "--to", "2024-11-01"], "is after --to 2024-11-01"),
        (["--from", "2999-01-01", "--to", "2999-01-02"], "has not come yet"),
        (["--from", "0204-11-01"], "there was no assistant then"),
        ([*PERIOD, "--output", "page.csv"], "--output page.csv: name a page"),
        ([*PERIOD, "--output", "."], "--output .: name a page"),
    ],
)
def test_wrong_use_is_refused_in_one_line(project, arguments, text):
    with pytest.raises(UsageError) as error:
        run(*arguments)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["domain.yml/page.html", "data"])
def test_a_path_that_cannot_be_written_is_named_with_a_remedy(clinic, name):
    with pytest.raises(StudioError, match=rf"{name}.*`--output` names another file"):
        run(*PERIOD, "--output", str(clinic / name))


def test_every_intent_that_is_no_small_talk_is_there(domain):
    intents = {one if isinstance(one, str) else next(iter(one)) for one in domain["intents"]}
    assert set(OF_LABEL) < intents
    assert set(usage.UNANSWERED) == {
        label for label, outcome in OF_LABEL.items() if outcome in (usage.REFUSED, usage.ASKED_BACK)
    }


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium on the PATH")
def test_axe_is_content_and_nothing_is_fetched(clinic, tmp_path):
    questions = content.load().phrases.questions
    turns = [
        Turn(who, moment(when), "", label, wait, verdict)
        for who, when, label, wait, verdict in ASKED
    ]
    days = Period(date(2024, 11, 1), date(2024, 11, 3))
    full = count(turns, days, questions, [(DURATION, 3, 0.8)])
    before, empty = count(turns, days.before, questions), count([], days, questions)
    pages = {"full": (full, before), "first": (full, empty), "empty": (empty, before)}
    for name, (now, then) in pages.items():
        text = page(now, then, content.load().clinic, datetime(2024, 11, 3, 12))
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    fetched, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        window = browser.new_page()
        window.on("request", lambda one: fetched.append(one.url))
        window.on("console", lambda one: complaints.append(one.text))
        for name in pages:
            for width in (360, 1000):
                window.set_viewport_size({"width": width, "height": 800})
                window.goto((tmp_path / f"{name}.html").as_uri())
                found = Axe().run(window, options={"runOnly": list(RULES)}).response["violations"]
                assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
                assert window.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert {url.rpartition("/")[2] for url in fetched} == {f"{name}.html" for name in pages}
    assert not complaints


def some_days():
    return Period(date(2024, 11, 1), date(2024, 11, 3)), content.load().phrases.questions


def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def soup_of(now, before):
    text = page(now, before, content.load().clinic, datetime(2024, 11, 30, 12))
    return BeautifulSoup(text, "html.parser")


def test_what_was_not_answered_is_told_by_the_nearest_topic_and_not_in_patients_words(
    served_project,
):
    texts = ["may i drive my tractor", "when can i drive my tractor again", "driving the tractor"]
    save(misses(texts, at=moment("2024-11-02 12:00")))
    path = served_project / "page.html"
    run(*PERIOD, "--output", str(path))
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").get_text(" ", strip=True)
    nearest = page.partition("The topic they came nearest to")[2]
    assert re.search(r"\? 3 \d+%", nearest)
    assert "tractor" not in page
