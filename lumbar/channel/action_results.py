"""Checks what actions return, without checking the check with every message.

Rasa gives its schema to `jsonschema.validate`, which first proves the schema itself to
be valid: three fifths of the time that a comparison took.
"""

from typing import Any

from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_SCHEMA = RemoteAction.action_response_format_spec()
_VALIDATOR = validator_for(_SCHEMA)(_SCHEMA)


def _validate(self: RemoteAction, result: dict[str, Any]) -> bool:
    try:
        _VALIDATOR.validate(result)
    except ValidationError as error:
        error.message += f". The action is {self.name()!r}."
        raise
    return True


RemoteAction._validate_action_result = _validate
