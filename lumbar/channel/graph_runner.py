"""Asks the parts of the model one after another.

Rasa plans every run of its graph anew with dask and hands each part to a pool of threads,
though every part waits for the one before: a tenth of a message's time.
"""

from typing import Any

import rasa.core.processor
from rasa.engine.runner.dask import DaskGraphRunner


class SequentialGraphRunner(DaskGraphRunner):
    """Runs what `targets` need, each node once."""

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        known = dict(inputs or {})

        def output(name: str) -> Any:
            if name not in known:
                needs = self._graph_schema.nodes[name].needs.values()
                given = [(need, output(need)) for need in needs]
                _, known[name] = self._instantiated_nodes[name](*given)
            return known[name]

        return {name: output(name) for name in targets or self._graph_schema.target_names}


rasa.core.processor.DaskGraphRunner = SequentialGraphRunner
