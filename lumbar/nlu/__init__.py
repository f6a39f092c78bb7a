"""Rasa graph components: the edge between Rasa and `lumbar.language`."""

import warnings

# Rasa looks for its own ResponseSelector by class. `IntentClassifier` decides the
# response key itself, so the advice to add a selector does not apply.
warnings.filterwarnings("ignore", message=".*training a response selector")
# And for its own RulePolicy, of which `RecentRulePolicy` is one.
warnings.filterwarnings("ignore", message=".*'RulePolicy' is not included")
