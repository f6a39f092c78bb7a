"""Rasa's rules, asked about the latest turns instead of the whole conversation."""

from __future__ import annotations

import json
from typing import Any

from cachetools import LRUCache
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker, is_prev_action_listen_in_state
from rasa.shared.nlu.constants import INTENT

STATES_KEPT = 1000


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class RecentRulePolicy(RulePolicy):
    """Trains as `RulePolicy` does, and decides the same.

    With every prediction that one describes the conversation anew before each of its
    actions, by the message's text and again by its intent; but no rule looks further back
    than its own length, and few rules look at texts.
    """

    _longest: int | None = None
    """States of the longest rule; None while training, when the rules are not known yet."""
    _by_text = True
    """Whether some rule may hold for a message whose intent is not told."""
    _possible: LRUCache[str, set[str]]
    """The rules that hold in states met before, which are few: texts are not part of them."""

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> RecentRulePolicy:
        policy = super().load(*args, **kwargs)
        if policy.finetune_mode:
            return policy
        keys = [*policy.lookup[RULES], *policy.lookup[RULES_FOR_LOOP_UNHAPPY_PATH]]
        rules = [cls._rule_key_to_state(key) for key in keys]
        policy._longest = max(map(len, rules), default=1)
        policy._possible = LRUCache(STATES_KEPT)
        policy._by_text = any(
            is_prev_action_listen_in_state(rule[-1]) and not rule[-1].get(USER, {}).get(INTENT)
            for rule in rules
        )
        return policy

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not self._by_text:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        if self._longest is None:
            return super()._get_possible_keys(lookup, states)
        asked = json.dumps([lookup is self.lookup[RULES], states])
        if asked not in self._possible:
            self._possible[asked] = super()._get_possible_keys(lookup, states)
        return self._possible[asked]

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        if self._longest is None:
            return super()._prediction_states(
                tracker, domain, use_text_for_last_user_input, rule_only_data
            )
        states = latest_states(tracker, domain, self._longest)
        self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
        return states


def latest_states(tracker: DialogueStateTracker, domain: Domain, count: int) -> list[State]:
    """Return the last `count` of `tracker.past_states(domain)`: what the conversation was
    like before its latest actions, and is now."""
    events = tracker.applied_events()
    before = [place for place, event in enumerate(events) if isinstance(event, ActionExecuted)]
    past = tracker.init_copy()
    states: list[State] = []
    begin = 0
    for end in [*before, len(events)][-count:]:
        for event in events[begin:end]:
            event.apply_to(past)
        states.append(domain.get_active_state(past))
        begin = end
    return states
