"""Takes up the model that is promoted while the server runs.

The new one is loaded and asked a question beside the conversations, then put in place of
the old one between two of their steps; what the old one has begun, it finishes.
"""

import asyncio
import ctypes
import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor

from lumbar.channel import metrics
from lumbar.settings import settings
from lumbar.studio.versions import MODEL

SECONDS_BETWEEN_LOOKS = 2

logger = logging.getLogger(__name__)


async def follow(agent: Agent, questions: Sequence[str]) -> None:
    """Look for another served model until cancelled; `questions` warm it up."""
    assert agent.processor is not None
    loaded = agent.processor.model_path.resolve()
    metrics.model.labels(loaded.parent.name).set(1)
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        promoted = (settings.served / MODEL).resolve()
        if promoted == loaded or not promoted.is_file():
            continue
        loaded = promoted
        try:
            processor = await asyncio.to_thread(_load, agent, promoted, questions)
        except Exception as error:  # whatever is wrong with it, patients keep the old one
            logger.error("%s could not be loaded: %s", promoted, type(error).__name__)
            continue
        _put(agent, processor)
        del processor
        metrics.model.clear()
        metrics.model.labels(promoted.parent.name).set(1)
        logger.info("%s answers from now on.", promoted)
        # What the old one had begun holds it until then.
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        settle()


def _load(agent: Agent, model: Path, questions: Sequence[str]) -> MessageProcessor:
    assert agent.tracker_store is not None and agent.lock_store is not None
    processor = MessageProcessor(
        model_path=model,
        tracker_store=agent.tracker_store,
        lock_store=agent.lock_store,
        generator=agent.nlg,
        action_endpoint=agent.action_endpoint,
        http_interpreter=agent.http_interpreter,
    )
    if isinstance(agent.nlg, TemplatedNaturalLanguageGenerator):
        # One of its own: what the old model has begun, it says in its own words.
        processor.nlg = TemplatedNaturalLanguageGenerator(processor.domain.responses)
    for question in questions:
        asyncio.run(processor.parse_message(UserMessage(question)))
    return processor


def settle() -> None:
    """Let the collector of garbage look at what messages leave behind, and no longer at all
    that was loaded: with a million objects it keeps everybody waiting."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        # What a model leaves free is the system's again.
        ctypes.CDLL(None).malloc_trim(0)


def _put(agent: Agent, processor: MessageProcessor) -> None:
    """Do what `Agent.load_model` does after loading."""
    agent.processor = processor
    agent.domain = processor.domain
    agent.nlg = processor.nlg
    agent.tracker_store.domain = processor.domain  # type: ignore[union-attr]
