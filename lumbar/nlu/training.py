"""Trains a version's model with Rasa and plays its test stories, in one process.

`python -m lumbar.quietly lumbar.nlu.training FOLDER` reads the inputs in FOLDER and leaves
`lumbar.tar.gz` and `stories.json`, by name whether each story passed, beside them.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path

import structlog
from rasa.core.agent import Agent, load_agent
from rasa.core.test import _collect_story_predictions, _create_data_generator
from rasa.model_training import train

from lumbar.documents import read_yaml
from lumbar.studio.versions import MODEL

STORIES = "tests/stories"


def main(folder: Path) -> None:
    """Train, then play the stories.

    Raises:
        SystemExit: Rasa could not train; what it printed tells why.
    """
    result = train(
        str(folder / "domain.yml"),
        str(folder / "config.yml"),
        [str(folder / "data")],
        output=str(folder),
        fixed_model_name=MODEL.removesuffix(".tar.gz"),
    )
    if result.model is None:
        sys.exit("Rasa made no model.")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    passed = asyncio.run(_play(folder))
    (folder / "stories.json").write_text(json.dumps(passed), encoding="utf-8")


async def _play(folder: Path) -> dict[str, bool]:
    files = sorted((folder / STORIES).glob("test_*.yml"))
    if not files:
        return {}
    agent: Agent = await load_agent(str(folder / MODEL))
    # What Rasa's `test` does, whose result does not tell one story from another. Its
    # end-to-end mode would also want every treatment marked in every story.
    generator = _create_data_generator(
        str(folder / STORIES), agent, use_conversation_test_files=True
    )
    evaluation, _, _ = await _collect_story_predictions(generator.generate_story_trackers(), agent)
    failed = {tracker.sender_id for tracker in evaluation.failed_stories}
    passed = {}
    for story in (story for path in files for story in read_yaml(path)["stories"]):
        told = [step for step in story["steps"] if "user" in step]
        understood = [await _label(agent, step["user"].strip()) == step["intent"] for step in told]
        passed[story["story"]] = story["story"] not in failed and all(understood)
    return passed


async def _label(agent: Agent, text: str) -> str:
    parse = await agent.parse_message(text)
    intent = str(parse["intent"]["name"])
    if intent != "faq":
        return intent
    return str(parse["response_selector"]["faq"]["response"]["intent_response_key"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
