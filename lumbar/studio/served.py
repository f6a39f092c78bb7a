"""The classifier that is served, without Rasa around it."""

import shutil
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from lumbar.language.intents import IntentModel
from lumbar.studio import versions
from lumbar.studio.errors import StudioError

FILES = ("names.json", "arrays.npz")


def classifier() -> IntentModel:
    """Return the served version's classifier.

    Raises:
        StudioError: there is no served version.
    """
    now = versions.served()
    if now is None:
        raise StudioError("No model is served yet. `lumbar train` makes one.")
    with TemporaryDirectory() as folder:
        with tarfile.open(now.model) as archive:
            for member in archive:
                name = Path(member.name).name
                source = archive.extractfile(member) if name in FILES else None
                if source is not None:
                    with (Path(folder) / name).open("wb") as target:
                        shutil.copyfileobj(source, target)
        return IntentModel.load(Path(folder))
