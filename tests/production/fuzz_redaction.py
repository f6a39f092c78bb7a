"""Redacts whatever may be typed: soon, once and for all, and nothing is made up."""

import re
import sys
import time

import atheris

with atheris.instrument_imports(include=["lumbar.language.redaction"]):
    from lumbar.language.redaction import redact

PLACEHOLDER = re.compile(
    r"\[(?:phone|email|date of birth|social security number|card number|record number|address"
    r"|name)\]"
)
PIECES = (
    "my name is |I'm |Dr. |Walter |hughes |and |spelled w a l t |call |217-555-0133 |"
    "+49 30 1234567 |five five five |ext 5 |last four 1234 |born |2/11/1946 |May 3rd |dob: |"
    "ssn |219-09-9996 |mrn A-1 |id #88213 |card |4111 1111 1111 1111 |a.b@example.com |"
    "a at b dot com |https://a.b?mail=c |42 Elm Street, |Apt 4 |Dover DE 19901 |po box 7 |"
    "zip 19901 |rural route 2 |[name] |[phone]|[|]|\ufdd0|\n| |.|,|'|\u2019|L4-L5 |$1,200 "
).split("|")
SECONDS = 1.0
"""For 1,000 characters; the slowest that was found took a twentieth of it."""


@atheris.instrument_func
def feed(data: bytes) -> None:
    text = some_text(atheris.FuzzedDataProvider(data))
    started = time.process_time()
    redacted = redact(text)
    assert time.process_time() - started < SECONDS, "slow"
    assert redact(redacted) == redacted, "not once and for all"
    kept = PLACEHOLDER.split(redacted)
    assert re.fullmatch(".*?".join(map(re.escape, kept)), text, re.DOTALL), "made up"
    if not any(one.isalnum() or one in "@[" or "\ufdd0" <= one <= "\ufdef" for one in text):
        assert redacted == text, "there was nothing to find"


def some_text(given: atheris.FuzzedDataProvider) -> str:
    """Return random characters among what announces a detail."""
    parts = []
    while given.remaining_bytes() and sum(map(len, parts)) < 1000:
        piece = given.ConsumeIntInRange(0, 2 * len(PIECES))
        parts.append(PIECES[piece] if piece < len(PIECES) else given.ConsumeUnicode(8))
    return "".join(parts)[:1000]


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
