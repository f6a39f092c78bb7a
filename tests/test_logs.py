"""What the servers log, whoever in them logs it and at whatever level."""

import json
import subprocess
import sys

import pytest

SAID = "quibblewort since tuesday"

WAYS_TO_TELL = """
    import logging, structlog, sys, threading, warnings
    said = "quibblewort since tuesday"

    def fails():
        heard = said
        raise ValueError(f"cannot make sense of {heard}")

    async def fails_later():
        fails()

    for name in ("rasa.core.processor", "rasa_sdk.executor", "asyncio", "", "anything.else"):
        logger, structured = logging.getLogger(name), structlog.get_logger(name)
        logger.setLevel(logging.DEBUG)
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(logger, level)(f"Received {said}")
            getattr(logger, level)("Received %s", said)
            getattr(structured, level)("message.received", text=said, event_info=said)
        try:
            fails()
        except ValueError as error:
            logger.exception(f"Failed: {error}")
            logger.error("Failed", exc_info=error, stack_info=True)
            structured.exception("failed", text=said)
    warnings.warn(f"Parsed {said}", UserWarning)
    ours = logging.getLogger("lumbar.channel.web")
    ours.info("Answered.", extra={"intent": "faq", "seconds": 0.02, "text": said})
    try:
        fails()
    except ValueError:
        ours.exception("Not answered.")
"""


def logged(beginning):
    lines = [line.removeprefix("    ") for line in WAYS_TO_TELL.splitlines()]
    script = "\n".join([beginning, *lines])
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout, run.stderr


def test_a_server_logs_json_without_a_word_of_a_patient():
    output, errors = logged(
        "from rasa.utils.log_utils import configure_structlog\n"
        "from lumbar import logs\n"
        "logs.keep_words_out(); logs.write_json(); configure_structlog(10)"
    )
    assert SAID not in output + errors
    assert "cannot make sense" not in output + errors
    records = [json.loads(line) for line in output.splitlines()]
    (answered,) = [one for one in records if one["event"] == "Answered."]
    assert (answered["intent"], answered["seconds"]) == ("faq", 0.02)
    (failed,) = [one for one in records if one["event"].startswith("Not answered.")]
    assert failed["event"].endswith("ValueError") and "in fails" in failed["event"]
    # The place in the code is left, so that somebody can look there.
    assert any("<string>:" in one["event"] and one["level"] == "error" for one in records)


def test_two_answers_that_were_alike_are_two_lines():
    output, _ = logged(
        "from rasa.utils.common import configure_logging_and_warnings\n"
        "from lumbar import logs\n"
        "logs.keep_words_out(); logs.write_json(); configure_logging_and_warnings(20)\n"
        "import logging\n"
        "for _ in range(2): logging.getLogger('lumbar').info('Answered.', extra={'intent': 'x'})"
    )
    assert output.count('"intent": "x"') == 2


@pytest.mark.parametrize("rasas", ["lumbar.channel", "actions"])
def test_so_does_rasa_however_it_was_started(rasas):
    output, errors = logged(
        "from rasa.utils.log_utils import configure_structlog\n"
        f"configure_structlog(10)\nimport {rasas}"
    )
    # A warning is written by Python itself here, not logged.
    told = (output + errors).replace(f"UserWarning: Parsed {SAID}", "")
    assert SAID not in told
    assert "<string>:" in told
