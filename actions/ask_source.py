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
        by_id = known.facts.by_id
        cited = [by_id[one] for one in message_metadata(last)["facts"] if one in by_id]
        evidence = [known.facts.evidence[key] for fact in cited for key in fact.evidence]
        others = [fact.source for fact in cited if fact.source]
        if others:
            named = listed(list(dict.fromkeys(others + evidence)))
            text = known.phrases.source_other.format(source=named)
        elif evidence:
            named = listed(list(dict.fromkeys(evidence)))
            text = known.phrases.source_cites.format(evidence=named)
        else:
            text = known.phrases.source
        dispatcher.utter_message(text=text)
        return [ANSWERED]
