"""Training data as a person in a hurry leaves it: it trains, or the fault is named."""

import json
import subprocess
import sys

import pytest

from lumbar.serving import environment
from lumbar.settings import ROOT

ODD = """version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hello
  - intent: faq/duration
    examples: |
      - how long does it last
      - is it for good
      -
      - does the relief wear off
  - intent: faq/cost
    examples: |
      - what is the price
      - is it for good
      - is it expensive
"""


def train_nlu(folder):
    command = [
        *(sys.executable, "-m", "rasa", "train", "nlu", "--fixed-model-name", "odd"),
        *("--config", str(ROOT / "config.yml"), "--domain", str(ROOT / "domain.yml")),
        *("--nlu", str(folder / "nlu.yml"), "--out", str(folder)),
    ]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )


def test_one_example_an_empty_one_and_the_same_under_two_intents_still_train(tmp_path):
    (tmp_path / "nlu.yml").write_text(ODD, encoding="utf-8")
    done = train_nlu(tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    parse = (
        "import asyncio, json, sys; from rasa.core.agent import load_agent\n"
        "agent = asyncio.run(load_agent(sys.argv[1]))\n"
        "print(json.dumps(asyncio.run(agent.parse_message('what is the price'))['intent_ranking']))"
    )
    told = subprocess.run(
        [sys.executable, "-c", parse, str(tmp_path / "odd.tar.gz")],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    ranking = json.loads(told.stdout.strip().splitlines()[-1])
    assert {"greet", "faq"} <= {one["name"] for one in ranking}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nlu.yml", ODD.replace("price", "priće").encode("cp1250"), "nlu.yml:14: a letter here"),
        ("nlu_more.yml", b"nlu:\n  - intent: [", "nlu_more.yml:3: this is no valid YAML"),
    ],
    ids=["another encoding", "broken"],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, name, content, told):
    from lumbar.documents import ContentError
    from lumbar.examples import read_examples

    (tmp_path / name).write_bytes(content)
    with pytest.raises(ContentError, match=told):
        read_examples(tmp_path)
