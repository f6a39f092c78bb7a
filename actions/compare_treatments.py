"""Looks up, compares or ranks treatments."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import ANSWERED, TERMINAL, last_answer
from lumbar.comparison import (
    ATTRIBUTE_OF_KEY,
    MILD,
    Answer,
    Context,
    Named,
    Request,
    about_others,
    answer,
    compares,
    resolve,
)
from lumbar.content import load

STANDS_OUT = 0.4
"""Share of the likeliest FAQ key among all keys, from which its attribute is taken."""

TABLE_BUTTON = "Show me all of it side by side"


class ActionCompareTreatments(Action):
    def name(self) -> str:
        return "action_compare_treatments"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        message = tracker.latest_message
        text = message.get("text") or ""
        treatments = _named(message, "treatment")
        context = _context(tracker)
        attributes = _named(message, "attribute")
        request = resolve(text, treatments, attributes, context, _likely_attribute(message))
        key = _faq_key(message)
        if key and not (compares(text) and len(request.treatments) > 1):
            names_mild = any(one.value == MILD for one in treatments)
            about = None if names_mild else about_others(text, key, context)
            if about is None:
                return _answer_faq(dispatcher, key)
            request = about
        elif MILD in request.treatments and request.untold:
            return _answer_faq(dispatcher, request.untold.key)
        events = say(dispatcher, tracker, answer(request))
        # The rule for FAQ questions holds only while the slot stays as it is.
        return events if key else [*events, _focus(request)]


def _answer_faq(dispatcher: CollectingDispatcher, key: str) -> list[EventType]:
    dispatcher.utter_message(response=f"utter_{key}")
    return [ANSWERED]


def say(dispatcher: CollectingDispatcher, tracker: Tracker, reply: Answer) -> list[EventType]:
    """Send `reply` and keep what it was about."""
    message: dict[str, Any] = {
        "text": reply.text,
        "metadata": {"facts": reply.facts, "more": reply.more, "offer": reply.offer},
    }
    if reply.table and tracker.get_latest_input_channel() != TERMINAL:
        message["json_message"] = reply.table
        message["metadata"]["beside_table"] = reply.beside_table
    if reply.offer:
        message["buttons"] = [{"title": TABLE_BUTTON, "payload": TABLE_BUTTON}]
    dispatcher.utter_message(**message)
    return [
        ANSWERED,
        SlotSet("treatments", list(reply.treatments)),
        SlotSet("attribute", reply.attribute),
    ]


def _focus(request: Request) -> EventType:
    return SlotSet("other_in_focus", None if MILD in request.treatments else True)


def _named(message: dict[str, Any], entity: str) -> list[Named]:
    return [
        Named(found["value"], found["start"])
        for found in message.get("entities", [])
        if found["entity"] == entity
    ]


def _faq_key(message: dict[str, Any]) -> str | None:
    if (message.get("intent") or {}).get("name") != "faq":
        return None
    return str(message["response_selector"]["faq"]["response"]["intent_response_key"])


def _likely_attribute(message: dict[str, Any]) -> str | None:
    """Return the attribute that the likeliest FAQ key asks about, if one stands out."""
    ranking = message.get("response_selector", {}).get("faq", {}).get("ranking", [])
    if not ranking:
        return None
    first = ranking[0]
    total = sum(one["confidence"] for one in ranking)
    if first["confidence"] < STANDS_OUT * total:
        return None
    return ATTRIBUTE_OF_KEY.get(first["intent_response_key"])


def _context(tracker: Tracker) -> Context:
    """What was talked about last: an FAQ answer, which is about MILD, or a comparison."""
    last = last_answer(tracker)
    if last is None:
        return Context()
    spoken = str((last.get("metadata") or {}).get("utter_action") or "").removeprefix("utter_")
    if spoken.startswith("faq/"):
        return Context((MILD,), ATTRIBUTE_OF_KEY.get(spoken))
    return Context(tuple(tracker.get_slot("treatments") or ()), tracker.get_slot("attribute"))


def whole_table() -> Answer:
    """Return the answer with every row and column of the table."""
    rows = tuple(name for name, entry in load().treatments.treatments.items() if entry.cells)
    return answer(Request(rows))
