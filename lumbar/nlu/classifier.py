"""One Rasa intent classifier for intent, FAQ key and abstention."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits

from lumbar.language import language_id, pipeline
from lumbar.language.fits import fitted
from lumbar.language.intents import Decision, IntentModel
from lumbar.nlu.reader import DOC, Reader


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets `intent`, `intent_ranking` and `response_selector` as stock Rasa does.

    `abstain_below` in `config.yml` is the one number that moves the border between
    a wrong answer and a refusal.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
    ) -> None:
        self.threshold = float(config["abstain_below"])
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        # What a message needs is over before a second thread has begun, which then only
        # keeps a core from others.
        threadpool_limits(1, "blas")
        # It takes half a second, which no patient should wait for.
        language_id.detector()
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentModel.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return pipeline.fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on the examples, or reuse the last fit on the very same ones."""
        self._model = fitted(
            (example.get(TEXT), example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))
            for example in training_data.intent_examples
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        assert self._model is not None, "the classifier was not trained"
        for message in messages:
            if message.get(DOC) is not None:
                _report(message, self._model.decide(message.get(DOC), self.threshold))
        return messages


def _report(message: Message, decision: Decision) -> None:
    intent, _, key = decision.label.partition("/")
    intents: dict[str, float] = {}
    keys: list[dict[str, Any]] = []
    for label, probability in decision.ranking:
        name, _, response_key = label.partition("/")
        intents[name] = intents.get(name, 0.0) + probability
        if response_key:
            keys.append({"intent_response_key": label, "confidence": probability})
    intents.pop(intent, None)
    ranking = [{"name": intent, "confidence": decision.confidence}]
    ranking += [
        {"name": name, "confidence": probability}
        for name, probability in sorted(intents.items(), key=lambda item: -item[1])
    ]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set("intent_ranking", ranking, add_to_output=True)
    selected = decision.label if key else keys[0]["intent_response_key"] if keys else None
    selector: dict[str, Any] = {"all_retrieval_intents": []}
    if selected:
        retrieval_intent = selected.partition("/")[0]
        selector = {
            "all_retrieval_intents": [retrieval_intent],
            retrieval_intent: {
                "response": {
                    "confidence": decision.confidence,
                    "intent_response_key": selected,
                    "utter_action": f"utter_{selected}",
                },
                "ranking": keys,
            },
        }
    message.set("response_selector", selector, add_to_output=True)
    if decision.language:
        entity = {
            "entity": "language",
            "value": decision.language,
            "start": 0,
            "end": len(message.get(TEXT)),
            "extractor": Reader.__name__,
        }
        message.set(ENTITIES, [*message.get(ENTITIES), entity], add_to_output=True)
