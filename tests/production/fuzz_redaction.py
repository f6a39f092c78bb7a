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
PIECES = """\
my name is
I'm
Dr.
Walter
hughes
and
spelled w a l t
call
217-555-0133
+49 30 1234567
five five five
ext 5
last four 1234
born
dob:
2/11/1946
May 3rd
ssn
219-09-9996
mrn A-1
id #88213
card
4111 1111 1111 1111
a.b@example.com
a at b dot com
https://a.b?mail=c
42 Elm Street
Apt 4
Dover DE 19901
po box 7
zip 19901
rural route 2
[name]
[phone]
[
]
L4-L5
$1,200
""".splitlines()
BETWEEN = (" ", "", "\n", ", ", ".", "'", "\u2019", "\ufdd0")
SECONDS = 1.0
"""For 1,000 characters."""


@atheris.instrument_func
def feed(data: bytes) -> None:
    text = some_text(atheris.FuzzedDataProvider(data))
    started = time.process_time()
    redacted = redact(text)
    assert time.process_time() - started < SECONDS, "slow"
    assert redact(redacted) == redacted, "not once and for all"
    assert is_left_of(PLACEHOLDER.split(redacted), text), "made up"
    if not any(one.isalnum() or one in "@[" or "\ufdd0" <= one <= "\ufdef" for one in text):
        assert redacted == text, "there was nothing to find"


@atheris.instrument_func
def some_text(given: atheris.FuzzedDataProvider) -> str:
    """Return random characters among what announces a detail, and details."""
    text = ""
    while given.remaining_bytes() and len(text) < 1000:
        piece = given.ConsumeIntInRange(0, 2 * len(PIECES))
        text += PIECES[piece] if piece < len(PIECES) else given.ConsumeUnicode(8)
        text += given.PickValueInList(list(BETWEEN))
    return text[:1000]


def is_left_of(kept: list[str], text: str) -> bool:
    """Return whether `text` begins with the first, ends with the last and has all in order."""
    place = 0
    for one in kept:
        found = text.find(one, place)
        if found < 0:
            return False
        place = found + len(one)
    return text.startswith(kept[0]) and text.endswith(kept[-1])


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
