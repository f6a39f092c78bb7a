"""The report of `make evaluate` tells what got worse before it is merged."""

import json

import pytest

from lumbar.evaluation import Measured, right_and_refused
from lumbar.language.intents import Decision, Evidence
from lumbar.report import CONFUSED, CURVE, SHARES, TEXT, Report


def decided(label, chance, right):
    return Decision(
        label, chance, [(label, chance)], chance, Evidence(-0.1 if right else -2.0, 0.8, 0.3, 0.1)
    )


def measured(name, rows):
    """`rows` of (right label, label it is placed under, chance)."""
    return Measured(
        name,
        [f"question {number}" for number in range(len(rows))],
        [[truth] for truth, _, _ in rows],
        [decided(label, chance, truth == label) for truth, label, chance in rows],
    )


ROWS = [
    *[("faq/cost", "faq/cost", 0.9)] * 8,
    *[("faq/cost", "faq/coverage", 0.6)] * 2,
    *[("faq/coverage", "faq/coverage", 0.8)] * 10,
    *[("not_covered", "not_covered", 0.9)] * 8,
    ("not_covered", "faq/cost", 0.7),
    ("not_covered", "faq/cost", 0.3),
    *[("emergency", "emergency", 0.9)] * 10,
]


@pytest.fixture
def report():
    return Report(measured("cross-validation", ROWS), [measured("unseen", ROWS)], 0.5)


def test_the_shares_are_those_of_the_questions_placed_right(report):
    shares = report.shares()["unseen"]
    assert shares["faq"] == 0.9
    assert shares["not_covered"] == 0.9  # one in ten answered, one refused by the threshold
    assert shares["emergency"] == 1.0
    assert shares["false alarm"] == 0.0


def test_a_lower_threshold_refuses_less(report):
    assert right_and_refused(report.crossed, 0.5) == (28 / 30, 0.9)
    assert right_and_refused(report.crossed, 0.0) == (28 / 30, 0.8)


def test_what_fell_below_the_accepted_report_is_told(report, tmp_path):
    report.write(tmp_path)
    assert report.worse_than(tmp_path) == []
    before = json.loads((tmp_path / SHARES).read_text())
    before["unseen"]["faq"] = 0.95
    (tmp_path / SHARES).write_text(json.dumps(before))
    assert report.worse_than(tmp_path) == ["worse than accepted: unseen, faq: 90.0 %, was 95.0 %"]


def test_more_false_alarms_are_worse(report, tmp_path):
    report.write(tmp_path)
    alarmed = measured("unseen", [*ROWS, *[("faq/cost", "emergency", 0.9)] * 3])
    worse = Report(report.crossed, [alarmed], 0.5).worse_than(tmp_path)
    assert any("false alarm" in line for line in worse)


def test_without_an_accepted_report_nothing_is_worse(report, tmp_path):
    assert report.worse_than(tmp_path / "none") == []


def test_the_report_holds_tables_and_pictures(report, tmp_path):
    report.write(tmp_path)
    text = (tmp_path / TEXT).read_text()
    assert "| unseen | 40 |" in text
    assert "| faq/cost | 10 | 89 | 80 | faq/coverage 2 |" in text
    assert "CHANCE = (" in text
    for picture in (CURVE, CONFUSED):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
