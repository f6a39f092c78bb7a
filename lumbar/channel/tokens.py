"""What the server hands out and recognizes again: sessions, buttons and answers.

Everything is signed, so that nothing needs to be kept: who holds a session's token may
go on with it, and a button or an answer counts only in the session it was sent to.
"""

import time
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import uuid4

from itsdangerous import BadSignature, TimestampSigner

from lumbar.channel.refused import Refused
from lumbar.settings import Settings

OLD_SECRET_FOR = timedelta(days=1)


class Tokens:
    """Signs with the secret of `settings`, and for a day still reads the one before."""

    def __init__(self, settings: Settings, moment: float | None = None) -> None:
        self._settings = settings
        self._moment = moment

    def at(self, moment: float) -> "Tokens":
        """Return those that sign as of `moment`, in seconds since 1970: the same twice."""
        return Tokens(self._settings, moment)

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

    def answer(self, session: str, answer: str) -> str:
        """Return the token of an answer in `session`, by which it can be judged."""
        return self._sign(f"answer of {session}", answer)

    def answered(self, session: str, token: str) -> str:
        """Return the id of an answer that was given in `session`.

        Raises:
            Refused: `no_such_answer`.
        """
        return self._read(f"answer of {session}", token, "no_such_answer")

    def _signer(self, use: str) -> "_Signer":
        return _Signer(
            self._secrets(),
            salt=use,
            digest_method=sha256,
            key_derivation="hmac",
            moment=self._moment,
        )

    def _secrets(self) -> list[str]:
        """Return those that are read; the last one signs."""
        rotated = self._settings.rotated
        if rotated and datetime.now(timezone.utc) < rotated + OLD_SECRET_FOR:
            return [self._settings.old_secret, self._settings.secret]
        return [self._settings.secret]

    def _sign(self, use: str, value: str) -> str:
        return self._signer(use).sign(value).decode()

    def _read(self, use: str, signed: str, code: str) -> str:
        try:
            value, moment = self._signer(use).unsign(signed, return_timestamp=True)
        except (BadSignature, UnicodeError):
            raise Refused(code) from None
        # Not by `max_age`, which after a step of the clock back takes none for valid.
        if time.time() - moment.timestamp() > self._settings.session_seconds:
            raise Refused(code)
        return value.decode()


class _Signer(TimestampSigner):
    def __init__(self, *arguments: Any, moment: float | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._moment = moment

    def get_timestamp(self) -> int:
        return super().get_timestamp() if self._moment is None else int(self._moment)
