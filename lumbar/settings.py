"""Where things are, each overridable by an environment variable `LUMBAR_…`."""

import secrets
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseSettings, Field, ValidationError, validator

ROOT = Path(__file__).resolve().parent.parent


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
    """Where conversations are kept, as an SQLAlchemy URL; without it, a file in `state`."""
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
    secret: str = Field(default_factory=secrets.token_urlsafe, min_length=32)
    """Signs sessions and buttons; without it, sessions end with the process."""
    session_seconds: int = 12 * 3600
    answer_seconds: float = 15
    """After that a visitor gets an apology instead of an answer."""
    session_rate: int = 20
    """Messages a minute in one conversation."""
    address_rate: int = 120
    """Messages a minute, and new conversations a minute, from one address."""
    address_at_once: int = 4
    """Answers at a time to one address."""

    class Config:
        env_prefix = "lumbar_"

    @validator("content", "build", "models", "state", always=True)
    def _in_the_project(cls, folder: Path, values: dict[str, Any]) -> Path:
        return Path(values["project"]) / folder

    @validator("served", always=True)
    def _among_the_models(cls, folder: Path, values: dict[str, Any]) -> Path:
        return Path(values["models"]) / folder

    @validator("database", always=True)
    def _in_the_state(cls, url: str, values: dict[str, Any]) -> str:
        return url or f"sqlite:///{values['state'] / 'conversations.db'}"


try:
    settings = Settings()
except ValidationError as error:
    sys.exit(
        "\n".join(f"LUMBAR_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
    )
