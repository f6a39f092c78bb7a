"""Logs that hold no patient's words, whoever writes them, at whatever level.

Rasa logs whole messages, whole trackers, and with an exception all local variables. Which
of its lines do so cannot be told from outside, so of what others log only the place in
the code is kept.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

OURS = ("lumbar", "actions")
FIELDS = ("code", "intent", "seconds")
"""What our own lines may carry besides their text."""


def keep_words_out() -> None:
    """From now on, in this process, let no handler see more than may be seen."""
    logging.setLogRecordFactory(_discreet)


def write_json() -> None:
    """Write one JSON object a line to the standard output, and nothing else to anywhere."""
    import coloredlogs
    import structlog

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(FIELDS),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    handler.addFilter(lambda record: _is_ours(record.name) or record.levelno >= logging.WARNING)
    # Rasa's would drop a line that says the same as the one before.
    handler.addFilter = lambda _: None  # type: ignore[assignment,method-assign]
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    # Rasa and its SDK would put a handler of their own in place of this one.
    coloredlogs.install = lambda *_, **__: None


def _discreet(
    name: str,
    level: int,
    path: str,
    line: int,
    message: Any,
    arguments: Any,
    exception: tuple[type[BaseException], BaseException, TracebackType] | None,
    function: str | None = None,
    stack: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    if not _is_ours(name):
        message, arguments = f"{path.rpartition('site-packages/')[2]}:{line} {function}", ()
    record = logging.LogRecord(
        name, level, path, line, message, arguments, None, function, stack, **more
    )
    if exception and exception[0]:
        # Neither the exception's own text nor the values of variables.
        where = "".join(traceback.format_tb(exception[2]))
        record.msg = f"{record.getMessage()}\n{where}{exception[0].__name__}"
        record.args = ()
    return record


def _is_ours(name: str | None) -> bool:
    return (name or "").partition(".")[0] in OURS
