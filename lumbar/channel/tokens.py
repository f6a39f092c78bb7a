"""What the server hands out and recognizes again: sessions, buttons and answers.

Everything is signed, so that nothing needs to be kept: who holds a session's token may
go on with it, and a button or an answer counts only in the session it was sent to.
"""

from hashlib import sha256
from uuid import uuid4

from itsdangerous import BadData, URLSafeTimedSerializer

from lumbar.channel.refused import Refused


class Tokens:
    """Signs with `secret`; sessions end after `lifetime` seconds."""

    def __init__(self, secret: str, lifetime: int) -> None:
        self._secret = secret
        self._lifetime = lifetime

    def mint(self) -> str:
        """Return the token of a new session."""
        return self._sign("session", uuid4().hex)

    def session(self, token: str) -> str:
        """Return the session's id.

        Raises:
            Refused: `no_session`, the token is forged or has expired.
        """
        return self._read("session", token, "no_session")

    def button(self, session: str, payload: str) -> str:
        return self._sign(f"button of {session}", payload)

    def pressed(self, session: str, button: str) -> str:
        """Return the payload of a button that was offered in `session`.

        Raises:
            Refused: `no_such_button`.
        """
        return self._read(f"button of {session}", button, "no_such_button")

    def answer(self, session: str) -> str:
        """Return the name of a new answer in `session`."""
        return self._sign(f"answer of {session}", uuid4().hex)

    def answered(self, session: str, answer: str) -> str:
        """Return the id of an answer that was given in `session`.

        Raises:
            Refused: `no_such_answer`.
        """
        return self._read(f"answer of {session}", answer, "no_such_answer")

    def _serializer(self, use: str) -> URLSafeTimedSerializer:
        signer = {"digest_method": sha256, "key_derivation": "hmac"}
        return URLSafeTimedSerializer(self._secret, salt=use, signer_kwargs=signer)

    def _sign(self, use: str, value: str) -> str:
        return str(self._serializer(use).dumps(value))

    def _read(self, use: str, signed: str, code: str) -> str:
        try:
            return str(self._serializer(use).loads(signed, max_age=self._lifetime))
        except (BadData, UnicodeError):
            raise Refused(code) from None
