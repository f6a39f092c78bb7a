"""Runs a module without the deprecation warnings of the libraries below it.

`python -m lumbar.quietly rasa shell` shows a patient's conversation instead of two
pages of them. PYTHONWARNINGS does not help: Sanic sets its own filter on import.
"""

import runpy
import sys
import warnings

import sanic.app  # noqa: F401  (first, so that the filter below wins)

if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
