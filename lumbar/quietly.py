"""Runs a module without the deprecation warnings of the libraries below it.

`python -m lumbar.quietly rasa shell` shows a patient's conversation instead of two
pages of them. PYTHONWARNINGS does not help: several libraries set their own filters.
"""

import runpy
import sys
import warnings
from typing import TextIO

_show = warnings.showwarning


def _show_unless_deprecation(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if not issubclass(category, DeprecationWarning):
        _show(message, category, filename, lineno, file, line)


if __name__ == "__main__":
    warnings.showwarning = _show_unless_deprecation
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
