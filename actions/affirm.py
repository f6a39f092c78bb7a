"""Yes to the offer that was made."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.compare_treatments import say, whole_table
from actions.conversation import ANSWERED, bot_messages, message_metadata
from lumbar.content import load


class ActionAffirm(Action):
    def name(self) -> str:
        return "action_affirm"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        last = next(iter(bot_messages(tracker)), {})
        if message_metadata(last).get("offer") == "table":
            return say(dispatcher, tracker, whole_table())
        buttons = (last.get("data") or {}).get("buttons")
        dispatcher.utter_message(text=load().phrases.affirm, buttons=buttons)
        return [ANSWERED]
