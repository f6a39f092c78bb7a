"""Reads each message once with the spaCy pipeline and reports its entities."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from lumbar.language import pipeline

DOC = "lumbar_doc"
"""Message attribute that holds the spaCy document; not part of the output."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Reader(GraphComponent):
    """Sets the document, and entities `treatment` and `attribute` with canonical values.

    A treatment named only in general words ("surgery") has the role `generic`.
    """

    def __init__(self) -> None:
        self.nlp = pipeline.load()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Reader:
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return pipeline.fingerprint()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            # Rasa would take a typed "/restart" for a command, whoever typed it.
            text = (message.get(TEXT) or "").lstrip("/")
            message.set(TEXT, text, add_to_output=True)
            doc = self.nlp(text)
            message.set(DOC, doc)
            found = [_entity(span) for span in doc.ents]
            found += [_entity(span, role="generic") for span in doc.spans["generic"]]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


def _entity(span: Any, **more: str) -> dict[str, Any]:
    return {
        "entity": span.label_,
        "value": span.kb_id_,
        "start": span.start_char,
        "end": span.end_char,
        "extractor": Reader.__name__,
        **more,
    }
