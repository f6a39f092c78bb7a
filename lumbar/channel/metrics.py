"""What the operators watch, as Prometheus reads it from a port of its own."""

import logging

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from lumbar.settings import settings

REFUSALS = ("not_covered", "out_of_scope", "non_english", "nlu_fallback")

logger = logging.getLogger(__name__)

messages = Counter("lumbar_messages", "Messages answered", ["kind"])
answer_seconds = Histogram(
    "lumbar_answer_seconds",
    "From a message's arrival to its answer",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15),
)
intents = Counter("lumbar_intents", "Messages by intent or FAQ key", ["intent"])
refusals = Counter("lumbar_refusals", "Messages without an answer in the article", ["intent"])
red_flags = Counter("lumbar_red_flags", "Messages that got the emergency message")
errors = Counter("lumbar_errors", "Requests that were refused or failed", ["code"])
database_up = Gauge("lumbar_database_up", "Whether the database answered the last time")
database_failures = Counter("lumbar_database_failures", "Statements that failed")
turns_waiting = Gauge("lumbar_turns_waiting", "Turns not yet in the database")
turns_lost = Counter("lumbar_turns_lost", "Turns that never got into the database")
locks_up = Gauge("lumbar_locks_up", "Whether Redis answered the last time")
lock_seconds = Histogram(
    "lumbar_lock_seconds",
    "Wait for a conversation that another process holds",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 15),
)
locks_lost = Counter("lumbar_locks_lost", "Locks that expired while they were held")
model = Gauge("lumbar_model_info", "The version that answers", ["version"])


def count(kind: str, label: str, seconds: float) -> None:
    """Count a message, "typed" or a "button", that was answered."""
    messages.labels(kind).inc()
    answer_seconds.observe(seconds)
    intents.labels(label).inc()
    if label in REFUSALS:
        refusals.labels(label).inc()
    if label == "emergency":
        red_flags.inc()


def serve() -> None:
    """Let Prometheus read them at `settings.metrics_port`, if there is one."""
    if settings.metrics_port:
        try:
            start_http_server(settings.metrics_port, settings.host)
        except OSError as error:
            # Patients are answered all the same.
            logger.error("LUMBAR_METRICS_PORT=%s: %s", settings.metrics_port, error.strerror)
