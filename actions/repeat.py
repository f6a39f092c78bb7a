"""Says the last thing again."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import ANSWERED, bot_messages
from lumbar.content import load


class ActionRepeat(Action):
    def name(self) -> str:
        return "action_repeat"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        last = next((event for event in bot_messages(tracker) if event.get("text")), None)
        if last is None:
            dispatcher.utter_message(text=load().phrases.no_answer_yet)
            return [ANSWERED]
        data = last.get("data") or {}
        metadata = last.get("metadata") or {}
        dispatcher.utter_message(
            text=last["text"],
            buttons=data.get("buttons"),
            json_message=data.get("custom"),
            metadata=metadata.get("metadata"),
            utter_action=metadata.get("utter_action"),
        )
        return [ANSWERED]
