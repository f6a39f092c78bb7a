"""Every action on a recorded conversation: the message it sends, the events it returns."""

import pytest
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.affirm import ActionAffirm
from actions.ask_more import ActionAskMore
from actions.ask_source import ActionAskSource
from actions.compare_treatments import ActionCompareTreatments
from actions.deny import ActionDeny
from actions.fallback import ActionFallback
from actions.repeat import ActionRepeat
from lumbar.content import load

ANSWERED = SlotSet("answered", True)
SHOTS, LAMI, MILD = "epidural_steroid_injection", "laminectomy", "mild"


def user(text, intent, entities=(), ranking=(), key=None):
    parse = {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "entities": [
            {"entity": kind, "value": value, "start": place, "end": place + 1}
            for place, (kind, value) in enumerate(entities)
        ],
        "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking],
        "response_selector": {
            "faq": {
                "response": {"intent_response_key": key or "faq/duration"},
                "ranking": [
                    {"intent_response_key": "faq/duration", "confidence": 0.3},
                    {"intent_response_key": "faq/cost", "confidence": 0.1},
                ],
            }
        },
    }
    return {"event": "user", "text": text, "parse_data": parse}


def bot(text, utter_action=None, buttons=None, **metadata):
    return {
        "event": "bot",
        "text": text,
        "data": {"buttons": buttons, "custom": None},
        "metadata": {"utter_action": utter_action, "metadata": metadata},
    }


def run(action, *events, slots=None, channel="rest"):
    events = [
        {"event": "action", "name": "action_session_start"},
        *({**event, "input_channel": channel} for event in events),
    ]
    latest = next((e["parse_data"] for e in reversed(events) if e["event"] == "user"), {})
    tracker = Tracker("patient", slots or {}, latest, events, False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    returned = action.run(dispatcher, tracker, {})
    return dispatcher.messages, returned


DURATION = bot(
    "Five years.",
    "utter_faq/duration",
    facts=["five_years"],
    more=["permanent_change", "pmc_two_years"],
)


def test_a_look_up_answers_and_keeps_what_it_was_about():
    (message,), events = run(
        ActionCompareTreatments(),
        user(
            "how long am I laid up after a laminectomy",
            "compare_treatments",
            [("treatment", LAMI), ("attribute", "recovery_time")],
        ),
    )
    assert "6–12 weeks" in message["text"]
    assert message["metadata"]["facts"] == load().treatments.treatments[LAMI].facts
    assert message["buttons"][0]["payload"] == "Show me all of it side by side"
    assert events == [
        ANSWERED,
        SlotSet("treatments", [LAMI]),
        SlotSet("attribute", "recovery_time"),
        SlotSet("other_in_focus", True),
    ]


def test_a_comparison_with_mild_leaves_mild_in_focus_and_sends_the_table():
    (message,), events = run(
        ActionCompareTreatments(),
        user("mild vs shots", "compare_treatments", [("treatment", MILD), ("treatment", SHOTS)]),
    )
    assert message["custom"]["type"] == "table"
    assert SlotSet("other_in_focus", None) in events


def test_a_terminal_gets_the_table_as_text_only():
    (message,), _ = run(
        ActionCompareTreatments(),
        user("mild vs shots", "compare_treatments", [("treatment", MILD), ("treatment", SHOTS)]),
        channel="cmdline",
    )
    assert not message["custom"]
    assert "Weeks to 6 months" in message["text"]


def test_a_follow_up_takes_the_attribute_from_the_faq_answer_before():
    (message,), events = run(
        ActionCompareTreatments(),
        user("how long does it last", "faq"),
        DURATION,
        user("what about the shots", "compare_treatments", [("treatment", SHOTS)]),
    )
    assert "weeks to 6 months" in message["text"]
    assert SlotSet("attribute", "duration_of_relief") in events


def test_it_after_a_look_up_is_the_treatment_looked_up():
    (message,), events = run(
        ActionCompareTreatments(),
        bot("It is open surgery.", facts=["table_laminectomy"]),
        user("and how long does it last", "faq", key="faq/duration"),
        slots={"treatments": [LAMI], "attribute": "invasiveness"},
    )
    assert "10+ years" in message["text"]
    assert all(event["name"] != "other_in_focus" for event in events)


def test_the_price_after_a_look_up_is_not_milds():
    (message,), _ = run(
        ActionCompareTreatments(),
        bot("It is open surgery.", facts=["table_laminectomy"]),
        user("and what does that cost", "faq", key="faq/cost"),
        slots={"treatments": [LAMI], "attribute": "invasiveness"},
    )
    assert message["text"].startswith("My source does not give")
    assert "MILD" not in message["text"]


def test_a_question_that_names_mild_after_a_look_up_gets_its_faq_answer():
    (message,), events = run(
        ActionCompareTreatments(),
        bot("It is open surgery.", facts=["table_laminectomy"]),
        user("and how long does mild last", "faq", [("treatment", MILD)], key="faq/duration"),
        slots={"treatments": [LAMI], "attribute": "invasiveness"},
    )
    assert message["response"] == "utter_faq/duration"
    assert events == [ANSWERED]


def test_the_price_of_mild_asked_among_comparisons_gets_the_faq_answer():
    (message,), _ = run(
        ActionCompareTreatments(),
        user("and what does mild cost", "compare_treatments", [("treatment", MILD)]),
    )
    assert message["response"] == "utter_faq/cost"


def test_yes_to_the_table_shows_it_whole():
    (message,), events = run(
        ActionAffirm(),
        bot("6–12 weeks.", facts=["table_laminectomy"], offer="table"),
        user("yes please", "affirm"),
    )
    assert len(message["custom"]["rows"]) == 3
    assert ANSWERED in events


def test_yes_without_an_offer_gives_the_next_questions_again():
    buttons = [{"title": "Is MILD safe?", "payload": "Is MILD safe?"}]
    (message,), events = run(ActionAffirm(), bot("Text.", buttons=buttons), user("yes", "affirm"))
    assert message["buttons"] == buttons
    assert events == [ANSWERED]


def test_no_is_taken_as_no():
    (message,), events = run(ActionDeny(), bot("Table?", offer="table"), user("no", "deny"))
    assert message["text"] == load().phrases.deny
    assert events == [ANSWERED]


def test_asked_for_its_source_it_names_the_evidence():
    (message,), events = run(ActionAskSource(), DURATION, user("says who", "ask_source"))
    assert "Cleveland Clinic" in message["text"]
    assert "2018 research in the Pain Physician Journal" in message["text"]
    assert events == [ANSWERED]


def test_a_fact_without_evidence_comes_from_the_article():
    (message,), _ = run(
        ActionAskSource(),
        bot("60 minutes.", facts=["about_an_hour"]),
        user("source?", "ask_source"),
    )
    assert message["text"] == load().phrases.source


def test_asked_why_it_tells_the_next_fact_and_keeps_the_rest():
    (message,), events = run(ActionAskMore(), DURATION, user("why", "ask_more"))
    assert message["text"] == load().facts["permanent_change"].text
    assert message["metadata"] == {"facts": ["permanent_change"], "more": ["pmc_two_years"]}
    assert message["utter_action"] == "utter_faq/duration"
    assert events == [ANSWERED]


def test_asked_for_more_than_there_is_it_says_so():
    (message,), _ = run(
        ActionAskMore(), bot("All.", facts=["fda_cleared"], more=[]), user("more", "ask_more")
    )
    assert message["text"] == load().phrases.no_more


def test_asked_to_repeat_it_repeats_with_the_buttons():
    buttons = [{"title": "Is MILD safe?", "payload": "Is MILD safe?"}]
    (message,), events = run(
        ActionRepeat(),
        bot("Five years.", "utter_faq/duration", buttons, facts=["five_years"]),
        user("again", "repeat"),
    )
    assert (message["text"], message["buttons"]) == ("Five years.", buttons)
    assert message["metadata"] == {"facts": ["five_years"]}
    assert events == [ANSWERED]


@pytest.mark.parametrize(
    ("action", "intent"),
    [(ActionAskSource(), "ask_source"), (ActionAskMore(), "ask_more"), (ActionRepeat(), "repeat")],
)
def test_before_any_answer_it_says_so(action, intent):
    (message,), events = run(action, user("and", intent))
    assert message["text"] == load().phrases.no_answer_yet
    assert events == [ANSWERED]


def test_an_uncertain_message_offers_the_three_likeliest_questions():
    ranking = [("nlu_fallback", 0.7), ("faq", 0.5), ("human_handoff", 0.2), ("greet", 0.15)]
    (message,), events = run(
        ActionFallback(), user("hmm the thing", "nlu_fallback", ranking=ranking)
    )
    questions = load().phrases.questions
    assert [button["payload"] for button in message["buttons"]] == [
        questions["faq/duration"],
        questions["human_handoff"],
        questions["faq/cost"],
    ]
    assert events == [ANSWERED]


def test_a_second_uncertain_message_in_a_row_offers_the_clinic():
    (message,), _ = run(
        ActionFallback(),
        user("hmm", "nlu_fallback"),
        bot("Did you mean?"),
        user("hmm hmm", "nlu_fallback"),
    )
    assert "Atlas Pain Specialists" in message["text"]
