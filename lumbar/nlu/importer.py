"""Fills what the clinic is called and how to reach it into the answers.

It happens when training data is read, not when an answer is sent, so that the
trained model says the emergency number whatever else is down.
"""

from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import story_graph_from_paths
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from lumbar import content


class ContentImporter(RasaFileImporter):
    """Replaces `{clinic_name}`, `{clinic_contact}`, `{clinic_way}` and `{emergency_number}`.

    Unlike Rasa's own importer it does not go on with an empty domain when
    `domain.yml` is broken.
    """

    def get_domain(self) -> Domain:
        """Return the domain without its retrieval intents.

        Rasa adds those from the training data, and warns of finding them here too.
        """
        domain = self._whole_domain()
        retrieval = {
            name[len("utter_") :].partition("/")[0] for name in domain.responses if "/" in name
        }
        data = domain.as_dict()
        intents = [one for one in data.get("intents", []) if str(one) not in retrieval]
        return Domain.from_dict({**data, "intents": intents})

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return story_graph_from_paths(self._story_files, self._whole_domain(), exclusion_percentage)

    def _whole_domain(self) -> Domain:
        data = Domain.load(self._domain_path).as_dict() if self._domain_path else {}
        responses = content.load().clinic.fill(data.get("responses", {}))
        return Domain.from_dict({**data, "responses": responses})

    @cached_method
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        data = super().get_nlu_data(language)
        data.training_examples = [_Example(one.data) for one in data.training_examples]
        return data


class _Example(Message):
    """A message that is hashed once and never copied.

    On its way to training Rasa hashes every example some twenty times and copies it
    ten times: with ten thousand examples as long as the training itself.
    """

    _fingerprint: str | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Example":
        return self

    def fingerprint(self) -> str:
        if self._fingerprint is None:
            self._fingerprint = super().fingerprint()
        return self._fingerprint
