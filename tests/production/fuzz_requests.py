"""Feeds the request parser whatever may arrive: it reads it or refuses it, and never fails."""

import json
import sys
from types import SimpleNamespace

import atheris

with atheris.instrument_imports(include=["lumbar.channel"]):
    from lumbar.channel.refused import Refused
    from lumbar.channel.requests import (
        MAX_TEXT,
        Feedback,
        PressedButton,
        TypedMessage,
        plain_text,
        read_body,
    )

FIELDS = {
    TypedMessage: ("text", "id"),
    PressedButton: ("button", "id"),
    Feedback: ("answer", "verdict"),
}
KINDS = ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON ;", "text/plain")


@atheris.instrument_func
def feed(data: bytes) -> None:
    given = atheris.FuzzedDataProvider(data)
    model = given.PickValueInList(list(FIELDS))
    kind = given.PickValueInList([*KINDS[:1] * 8, *KINDS, given.ConsumeUnicode(20)])
    if given.ConsumeBool():
        body = some_object(given, model)
    else:
        body = given.ConsumeBytes(given.remaining_bytes())
    try:
        read = read_body(SimpleNamespace(content_type=kind, body=body), model)
    except Refused:
        return
    assert all(isinstance(value, str) for value in read.dict().values())
    if isinstance(read, TypedMessage):
        check_text(read.text)


@atheris.instrument_func
def some_object(given: atheris.FuzzedDataProvider, model: type) -> bytes:
    """Return an object that is nearly in order, since random bytes hardly ever are."""
    fields = {name: some_value(given) for name in FIELDS[model]}
    if given.ConsumeIntInRange(0, 7) == 0:
        fields[given.ConsumeUnicode(5)] = some_value(given)
    return json.dumps(fields, ensure_ascii=given.ConsumeBool()).encode("utf-8", "surrogatepass")


@atheris.instrument_func
def some_value(given: atheris.FuzzedDataProvider) -> object:
    kind = given.ConsumeIntInRange(0, 15)
    if kind > 5:
        return given.ConsumeUnicode(given.ConsumeIntInRange(0, 100))
    if kind > 1:
        return given.ConsumeUnicode(4) * given.ConsumeIntInRange(0, 400)
    return given.PickValueInList(["up", None, 1, 0.5, True, [], {}])


@atheris.instrument_func
def check_text(text: str) -> None:
    try:
        typed = plain_text(text)
    except Refused as refused:
        assert refused.code in ("too_long", "empty")
        return
    assert 0 < len(typed) <= MAX_TEXT
    # Rasa takes a text with a slash in front for an intent of the sender's choice.
    assert not typed.startswith("/")
    assert typed == typed.strip()
    assert not any((ord(one) < 32 and one != "\n") or 127 <= ord(one) < 160 for one in typed)
    typed.encode("utf-8")
    assert plain_text(typed) == typed


if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
