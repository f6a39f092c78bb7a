"""What `make benchmark` computes from what it measured."""

import csv

import pytest

from benchmarks import hint3
from benchmarks.accuracy import label_and_confidence, right_at_same_refusal
from benchmarks.contenders import prepare, sample
from benchmarks.load_turns import compare


@pytest.mark.parametrize("selector", ["faq", "default"])
def test_a_parse_is_read_as_it_was_before_any_fallback(selector):
    parse = {
        "intent_ranking": [
            {"name": "nlu_fallback", "confidence": 0.9},
            {"name": "faq", "confidence": 0.5},
            {"name": "greet", "confidence": 0.1},
        ],
        "response_selector": {
            "all_retrieval_intents": ["faq"],
            selector: {"response": {"intent_response_key": "faq/cost", "confidence": 0.8}},
        },
    }
    assert label_and_confidence(parse) == ("faq/cost", pytest.approx(0.4))


def test_accuracy_is_read_where_seven_in_ten_are_refused():
    right = [["faq/cost"]] * 4 + [["not_covered"]] * 10
    labels = ["faq/cost"] * 3 + ["faq/age"] + ["faq/cost"] * 5 + ["not_covered"] * 5
    confidences = [0.9, 0.8, 0.12, 0.9, 0.7, 0.6, 0.3, 0.1, 0.1, *[0.9] * 5]
    assert right_at_same_refusal(right, labels, confidences) == 0.5


def test_the_sample_holds_the_same_number_of_every_label():
    examples = [(f"a{i}", "a") for i in range(30)] + [(f"b{i}", "b") for i in range(7)]
    drawn = sample(examples, 3)
    assert [label for _, label in drawn] == ["a", "a", "a", "b", "b", "b"]
    assert len({text for text, _ in drawn}) == 6


def test_stock_rasa_is_given_nothing_of_lumbars(tmp_path):
    prepare(tmp_path, [("how long does it last", "faq/duration")], stock=True)
    for name in ("config.yml", "endpoints.yml"):
        assert "lumbar" not in (tmp_path / name).read_text(encoding="utf-8")


def test_a_public_set_is_learned_and_measured(tmp_path, monkeypatch):
    training = [("where is my order", "order"), ("track my parcel", "order")] * 3
    training += [("cancel it please", "cancel"), ("i do not want it any more", "cancel")] * 3
    test = [
        ("where is the order", "order"),
        ("please cancel", "cancel"),
        ("hmm", "NO_NODES_DETECTED"),
    ]
    for name, rows in (("tiny_train", training), ("tiny_test", test)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as lines:
            csv.writer(lines).writerows([("sentence", "label"), *rows])
    monkeypatch.setattr(hint3, "FOLDER", tmp_path)
    assert hint3.accuracy("tiny")[0] == 1.0


@pytest.mark.parametrize(
    ("kept", "lost", "doubled", "out_of_order"),
    [("xyz", 0, 0, 0), ("xzz", 1, 1, 0), ("yxz", 0, 0, 2), ("", 3, 0, 0), ("xyyz", 0, 1, 0)],
)
def test_what_was_answered_is_held_against_what_was_kept(kept, lost, doubled, out_of_order):
    assert compare({"one": "xyz"}, {"one": kept}) == (lost, doubled, out_of_order)
