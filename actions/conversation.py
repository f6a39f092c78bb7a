"""What the tracker tells of the conversation so far."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

ANSWERED = SlotSet("answered", True)
"""Every action returns it: the rules tell from it that the action server is there."""

TERMINAL = "cmdline"


def message_metadata(event: dict[str, Any]) -> dict[str, Any]:
    """Return what a response's or an action's `metadata` held for a bot event."""
    return (event.get("metadata") or {}).get("metadata") or {}


def bot_messages(tracker: Tracker) -> list[dict[str, Any]]:
    """Return the bot's messages since the session began, the latest first."""
    messages: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        if event.get("event") == "action" and event.get("name") == "action_session_start":
            break
        if event.get("event") == "bot":
            messages.append(event)
    return messages


def last_answer(tracker: Tracker) -> dict[str, Any] | None:
    """Return the latest bot message that cites facts."""
    return next(
        (event for event in bot_messages(tracker) if message_metadata(event).get("facts")), None
    )


def previous_intent(tracker: Tracker) -> str | None:
    """Return the intent of the user's message before the latest one."""
    users = [event for event in tracker.events if event.get("event") == "user"]
    return users[-2]["parse_data"]["intent"]["name"] if len(users) > 1 else None
