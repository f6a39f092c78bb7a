"""Tells the next fact about the last answer."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import ANSWERED, last_answer, message_metadata
from lumbar.content import load


class ActionAskMore(Action):
    def name(self) -> str:
        return "action_ask_more"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        known = load()
        last = last_answer(tracker)
        if last is None:
            dispatcher.utter_message(text=known.phrases.no_answer_yet)
            return [ANSWERED]
        known_facts = known.facts.by_id
        more = [fact for fact in message_metadata(last).get("more") or [] if fact in known_facts]
        if not more:
            dispatcher.utter_message(text=known.phrases.no_more)
            return [ANSWERED]
        dispatcher.utter_message(
            text=known_facts[more[0]].text,
            metadata={"facts": [more[0]], "more": more[1:]},
            utter_action=last["metadata"].get("utter_action"),
        )
        return [ANSWERED]
