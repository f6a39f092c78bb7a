"""Locust's patients: each conversation has five questions, then another begins."""

import itertools
import random
from uuid import uuid4

from locust import FastHttpUser, constant, task

from lumbar.evaluation import read_questions
from lumbar.settings import ROOT

QUESTIONS = [text for text, _ in read_questions(ROOT / "tests" / "nlu" / "questions.tsv")]
TURNS = 5


class Patient(FastHttpUser):
    wait_time = constant(0)

    def on_start(self) -> None:
        questions = random.Random(0).sample(QUESTIONS, len(QUESTIONS))
        self.questions = itertools.cycle(questions)
        self.turn = 0

    @task
    def ask(self) -> None:
        if self.turn % TURNS == 0:
            self.sender = uuid4().hex
        self.turn += 1
        self.client.post(
            "/webhooks/rest/webhook", json={"sender": self.sender, "message": next(self.questions)}
        )
