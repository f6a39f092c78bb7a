"""Asks what was meant, and after a second try in a row offers the clinic."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import ANSWERED, previous_intent
from lumbar.content import load

FALLBACK = "nlu_fallback"
SUGGESTIONS = 3


class ActionFallback(Action):
    def name(self) -> str:
        return "action_fallback"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        known = load()
        questions = known.phrases.questions
        if previous_intent(tracker) == FALLBACK:
            asked = [questions["human_handoff"], questions["help"]]
            text = known.phrases.fallback_again.format(clinic_contact=known.clinic.contact)
        else:
            asked = [
                questions[label]
                for label in _likeliest(tracker.latest_message)
                if label in questions
            ]
            text = known.phrases.fallback
        dispatcher.utter_message(
            text=text,
            buttons=[{"title": question, "payload": question} for question in asked[:SUGGESTIONS]],
        )
        return [ANSWERED]


def _likeliest(message: dict[str, Any]) -> list[str]:
    """Return the labels of intents and FAQ keys, the likeliest first."""
    intents = [
        (one["confidence"], one["name"])
        for one in message.get("intent_ranking", [])
        if one["name"] not in ("faq", FALLBACK)
    ]
    keys = [
        (one["confidence"], one["intent_response_key"])
        for one in message.get("response_selector", {}).get("faq", {}).get("ranking", [])
    ]
    return [label for _, label in sorted(intents + keys, reverse=True)]
