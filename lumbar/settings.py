"""Where things are, each overridable by an environment variable `LUMBAR_…`."""

from pathlib import Path

from pydantic import BaseSettings

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    content: Path = ROOT / "content"
    build: Path = ROOT / "build"
    weights: Path | None = None
    """Folder with `model.safetensors` and `tokenizer.json`; without it, the
    installed package's, whose checksum is then verified."""

    class Config:
        env_prefix = "lumbar_"


settings = Settings()
