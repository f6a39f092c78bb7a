"""Names what the last answer rests on."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import ANSWERED, last_answer, message_metadata
from lumbar.comparison import listed
from lumbar.content import load


class ActionAskSource(Action):
    def name(self) -> str:
        return "action_ask_source"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        known = load()
        last = last_answer(tracker)
        if last is None:
            dispatcher.utter_message(text=known.phrases.no_answer_yet)
            return [ANSWERED]
        cited = message_metadata(last)
        keys = [key for fact in cited["facts"] for key in known.facts[fact].evidence]
        evidence = [known.facts.evidence[key] for key in dict.fromkeys(keys)]
        text = known.phrases.source
        if evidence:
            text = known.phrases.source_cites.format(evidence=listed(evidence))
        dispatcher.utter_message(text=text)
        return [ANSWERED]
