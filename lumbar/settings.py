"""Where things are, each overridable by an environment variable `LUMBAR_…`."""

import secrets
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseSettings, ValidationError, validator

ROOT = Path(__file__).resolve().parent.parent

SECRET_GUESSES_LOG10 = 28
"""At least, as zxcvbn estimates them; 32 random hexadecimal digits have 32."""


class Settings(BaseSettings):
    project: Path = ROOT
    """Folder with `data/`, `domain.yml`, `config.yml` and the folders below."""
    content: Path = Path("content")
    build: Path = Path("build")
    """What can be made anew at any time."""
    models: Path = Path("models")
    state: Path = Path("state")
    """What cannot: conversations, what the studio did."""
    served: Path = Path("served")
    """The version of the model that is served, a link into `models/versions/`."""
    database: str = ""
    """Where conversations are kept: "postgresql://user:password@host/name"; without it, an
    SQLite file in `state`."""
    waiting: int = 50_000
    """Events of conversations, some seven a message, kept in memory and in `state` while the
    database is away; with more, the newest are lost."""
    redis: str = ""
    """Locks and rates that several processes share: "redis://host:6379/0"."""
    weights: Path | None = None
    """Folder with `model.safetensors` and `tokenizer.json`; without it, the
    installed package's, whose checksum is then verified."""
    host: str = "127.0.0.1"
    port: int = 5005
    origins: str = ""
    """Websites, apart from the server's own, that may show the widget, separated by
    spaces: "https://clinic.example https://www.clinic.example"."""
    proxies: int = 0
    """How many proxies stand before the server, and so which address is a visitor's."""
    secret: str = ""
    """Signs sessions and buttons; without it, sessions end with the process."""
    old_secret: str = ""
    """The one before, still read for a day from `rotated` on."""
    rotated: datetime | None = None
    """When `secret` took the place of `old_secret`: "2026-11-26T10:00"."""
    session_seconds: int = 12 * 3600
    answer_seconds: float = 15
    """After that a visitor gets an apology instead of an answer."""
    metrics_port: int = 0
    """Where Prometheus reads the metrics; 0 for nowhere."""
    session_rate: int = 20
    """Messages a minute in one conversation."""
    address_rate: int = 120
    """Messages a minute, and new conversations a minute, from one address."""
    address_at_once: int = 4
    """Answers at a time to one address."""

    class Config:
        env_prefix = "lumbar_"

    @property
    def spool(self) -> Path:
        """What this process keeps while the database is away."""
        return self.state / "waiting" / str(self.port)

    @validator("content", "build", "models", "state", always=True)
    def _in_the_project(cls, folder: Path, values: dict[str, Any]) -> Path:
        return Path(values["project"]) / folder

    @validator("served", always=True)
    def _among_the_models(cls, folder: Path, values: dict[str, Any]) -> Path:
        return Path(values["models"]) / folder

    @validator("database", always=True)
    def _in_the_state(cls, url: str, values: dict[str, Any]) -> str:
        if url and not url.startswith(("postgresql://", "sqlite:///")):
            raise ValueError('must begin with "postgresql://" or "sqlite:///"')
        return url or f"sqlite:///{values['state'] / 'conversations.db'}"

    @validator("redis")
    def _shared_with_postgresql(cls, url: str, values: dict[str, Any]) -> str:
        if url and (urlsplit(url).scheme not in ("redis", "rediss") or not urlsplit(url).hostname):
            raise ValueError('must look like "redis://host:6379/0"')
        if url and not values.get("database", "").startswith("postgresql:"):
            raise ValueError("several processes also need PostgreSQL in LUMBAR_DATABASE")
        return url

    @validator("secret", always=True)
    def _made_or_given(cls, secret: str, values: dict[str, Any]) -> str:
        if secret:
            return _hard_to_guess(secret)
        if values.get("redis"):
            raise ValueError("processes that share LUMBAR_REDIS need one and the same")
        return secrets.token_urlsafe()

    @validator("rotated", pre=True)
    def _or_not_at_all(cls, moment: Any) -> Any:
        return moment or None

    @validator("rotated", always=True)
    def _with_the_old_secret(
        cls, moment: datetime | None, values: dict[str, Any]
    ) -> datetime | None:
        if bool(moment) != bool(values.get("old_secret")):
            raise ValueError("goes with LUMBAR_OLD_SECRET: both or neither")
        # Without a zone, the server's own.
        if moment and moment.astimezone() > datetime.now().astimezone() + timedelta(minutes=5):
            raise ValueError("lies in the future")
        return moment.astimezone() if moment else None


def _hard_to_guess(secret: str) -> str:
    # The word lists behind it are of use here alone, and take a moment to load.
    from zxcvbn import zxcvbn

    known = secret[:72]
    if len(secret) < 32 or zxcvbn(known)["guesses_log10"] < SECRET_GUESSES_LOG10:
        raise ValueError(
            "is too easy to guess; this makes a good one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return secret


try:
    settings = Settings()
except ValidationError as error:
    sys.exit(
        "\n".join(f"LUMBAR_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
    )
