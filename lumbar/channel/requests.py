"""What a website may send, and how it is read."""

import json
import re
from typing import Literal, TypeVar

from pydantic import BaseModel, Extra, StrictStr, ValidationError, constr
from sanic.request import Request

from lumbar.channel.refused import Refused

MAX_BODY = 16_000
"""Bytes."""
MAX_TEXT = 1000
"""Characters."""


class _Body(BaseModel):
    class Config:
        extra = Extra.forbid


class TypedMessage(_Body):
    text: StrictStr
    id: constr(strict=True, max_length=64) = ""  # type: ignore[valid-type]
    """Chosen by the visitor's side: the same one again gets the same answer again."""


class PressedButton(_Body):
    button: StrictStr
    id: constr(strict=True, max_length=64) = ""  # type: ignore[valid-type]


class Feedback(_Body):
    answer: StrictStr
    verdict: Literal["up", "down"]


Body = TypeVar("Body", bound=_Body)


def read_body(request: Request, model: type[Body]) -> Body:
    """Return the request's JSON object.

    Raises:
        Refused: `not_json`, `not_an_object` or `wrong_fields`.
    """
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused("not_json")
    try:
        fields = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused("not_an_object") from None
    if not isinstance(fields, dict):
        raise Refused("not_an_object")
    try:
        return model.parse_obj(fields)
    except ValidationError:
        raise Refused("wrong_fields") from None


def plain_text(text: str) -> str:
    """Return what a visitor typed as a message that Rasa takes for nothing else.

    Rasa reads text that begins with "/" as an intent of the sender's choice.

    Raises:
        Refused: `too_long`, or `empty`.
    """
    if len(text) > MAX_TEXT:
        raise Refused("too_long")
    readable = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", text)
    typed = re.sub(r"^[\s/]+", "", readable.encode("utf-8", "replace").decode("utf-8")).rstrip()
    if not typed:
        raise Refused("empty")
    return typed
