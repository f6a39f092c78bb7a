"""What stands in place of Rasa's own, to be faster, does the same."""

import copy

import pytest
from assistant import MODEL
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    BotUttered,
    LegacyForm,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from test_conversations import DIALOGUES

from lumbar.channel import applied_events, emptiness
from lumbar.channel.graph_runner import SequentialGraphRunner
from lumbar.nlu.rules import RecentRulePolicy


@pytest.fixture(scope="module")
def components(talking_assistant):
    nodes = talking_assistant.agent.processor.graph_runner._instantiated_nodes.values()
    return {type(node._component): node._component for node in nodes}


def test_the_same_action_is_predicted_at_every_point_of_every_dialogue(
    talking_assistant, components
):
    policy = components[RecentRulePolicy]
    rasas = copy.copy(policy)
    rasas.__class__ = RulePolicy
    domain = talking_assistant.agent.domain
    compared = 0
    for dialogue in DIALOGUES:
        talking_assistant.start()
        for turn in dialogue["turns"]:
            talking_assistant.say(turn["user"])
        tracker = talking_assistant.tracker()
        for past, _ in tracker.generate_all_prior_trackers():
            ours = policy.predict_action_probabilities(past, domain)
            theirs = rasas.predict_action_probabilities(past, domain)
            theirs.policy_name = ours.policy_name
            assert ours == theirs, dialogue["name"]
            compared += 1
        assert any(isinstance(event, ActionExecuted) for event in tracker.events)
    assert compared > 500


def test_the_graph_gives_what_dask_would_have_given(talking_assistant):
    processor = talking_assistant.agent.processor
    runner = processor.graph_runner
    assert isinstance(runner, SequentialGraphRunner), f"{MODEL} is run by Rasa's runner"
    target = processor.model_metadata.nlu_target

    def parsed(run):
        message = UserMessage("how long does the relief of MILD last?")
        inputs = {PLACEHOLDER_MESSAGE: [message], PLACEHOLDER_TRACKER: None}
        return run(runner, inputs=inputs, targets=[target])[target][0].as_dict(True)

    assert parsed(SequentialGraphRunner.run) == parsed(DaskGraphRunner.run)


EVENTS = st.sampled_from(
    [
        *(ActionExecuted(name) for name in ("action_listen", "utter_faq", "some_form")),
        *(UserUttered("hi"), BotUttered("hello"), SlotSet("answered", True)),
        *(Restarted(), SessionStarted(), ActionReverted(), UserUtteranceReverted()),
        *(ActiveLoop("some_form"), ActiveLoop(None), LegacyForm("some_form")),
    ]
)


@given(st.lists(EVENTS, max_size=20))
def test_the_same_events_of_a_conversation_count(events):
    tracker = DialogueStateTracker.from_events("anna", events)
    assert DialogueStateTracker.applied_events is applied_events._applied_events
    assert tracker.applied_events() == applied_events._with_undoing(tracker)


def test_only_an_empty_domain_is_empty(domain):
    assert Domain.is_empty is emptiness._is_empty
    assert Domain.empty().is_empty()
    assert not Domain.from_dict({"intents": ["greet"]}).is_empty()
    assert not Domain.from_dict(domain).is_empty()


SLOT = {"event": "slot", "name": "answered", "value": True}


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"events": [SLOT, {"event": "bot", "text": "x"}], "responses": [{}]},
        {"events": [{**SLOT, "name": 3}]},
        {"events": [{"event": "slot"}]},
        {"events": [{"event": "unheard of"}]},
        {"events": [{"event": ["bot"]}]},
        {"events": [{}]},
        {"events": None},
        {"responses": ["x"]},
        [],
    ],
)
def test_what_an_action_returns_is_refused_when_rasa_would(result):
    schema = RemoteAction.action_response_format_spec()
    valid = validator_for(schema)(schema).is_valid(result)
    try:
        assert RemoteAction("action_x", None)._validate_action_result(result) == valid
    except ValidationError as error:
        assert not valid and "action_x" in error.message
