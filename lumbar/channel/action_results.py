"""Checks what actions return, without checking the check with every message.

Rasa gives its schema to `jsonschema.validate`, which first proves the schema itself to
be valid: three fifths of the time that a comparison took. And it holds every event against
the schemas of all kinds of events, where one is named.
"""

from copy import deepcopy
from typing import Any

from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_SCHEMA = deepcopy(RemoteAction.action_response_format_spec())
_KINDS = _SCHEMA["properties"]["events"]["items"].pop("oneOf")
_VALIDATOR = validator_for(_SCHEMA)(_SCHEMA)
_BY_NAME = {kind["properties"]["event"]["const"]: _VALIDATOR.evolve(schema=kind) for kind in _KINDS}
_OF_NONE = _VALIDATOR.evolve(schema={"properties": {"event": {"enum": list(_BY_NAME)}}})


def _validate(self: RemoteAction, result: dict[str, Any]) -> bool:
    try:
        _VALIDATOR.validate(result)
        for event in result.get("events", []):
            _BY_NAME.get(event["event"], _OF_NONE).validate(event)
    except ValidationError as error:
        error.message += f". The action is {self.name()!r}."
        raise
    return True


RemoteAction._validate_action_result = _validate
