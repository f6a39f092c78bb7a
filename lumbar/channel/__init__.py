"""The website's side of Rasa: how conversations arrive and are kept."""

import lumbar.channel.action_results
import lumbar.channel.applied_events
import lumbar.channel.emptiness
import lumbar.channel.graph_runner  # noqa: F401
from lumbar import logs

# However Rasa was started.
logs.keep_words_out()
