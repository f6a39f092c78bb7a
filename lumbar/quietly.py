"""Runs a module without the deprecation warnings of the libraries below it.

`python -m lumbar.quietly rasa shell` shows a patient's conversation instead of two
pages of them. PYTHONWARNINGS does not help: several libraries set their own filters.
"""

import runpy
import sys
import warnings
from typing import TextIO


def run(arguments: list[str]) -> None:
    """Run the module that `arguments` begins with, as `python -m` does."""
    show = warnings.showwarning

    def show_unless_deprecation(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if not issubclass(category, DeprecationWarning):
            show(message, category, filename, lineno, file, line)

    warnings.showwarning = show_unless_deprecation
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run(sys.argv[1:])
