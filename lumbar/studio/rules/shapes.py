"""The keys that the files of answers, examples, rules and test stories may have."""

from typing import Any

from pydantic import BaseModel, Extra


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid


class Button(_Strict):
    title: str
    payload: str


class Metadata(_Strict):
    facts: list[str] = []
    more: list[str] = []
    """Facts to tell when a patient asks why, or for more."""
    emergency: bool = False
    lang: str = "en"


class Answer(_Strict):
    text: str
    metadata: Metadata = Metadata()
    buttons: list[Button] = []
    condition: list[dict[str, Any]] = []


class Domain(_Strict):
    version: str
    intents: list[str | dict[str, Any]]
    entities: list[str | dict[str, Any]]
    slots: dict[str, Any]
    actions: list[str]
    session_config: dict[str, Any]
    responses: dict[str, list[Answer]]


class Block(_Strict):
    intent: str
    examples: str


class Nlu(_Strict):
    version: str
    nlu: list[Block]


class Rule(_Strict):
    rule: str
    condition: list[dict[str, Any]] = []
    steps: list[dict[str, Any]]


class Rules(_Strict):
    version: str
    rules: list[Rule]


class Story(_Strict):
    story: str
    steps: list[dict[str, Any]]


class Stories(_Strict):
    version: str
    stories: list[Story]
