"""Runs a module as a server: `python -m lumbar.server rasa run`.

It logs JSON without patients' words, and ends with the process that started it.
"""

import ctypes
import os
import signal
import sys

from lumbar import logs, quietly

PR_SET_PDEATHSIG = 1
"""Of Linux, see prctl(2)."""


def main() -> None:
    started_by = int(os.environ.get("LUMBAR_STARTED_BY", 0))
    if started_by and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != started_by:
            sys.exit("What started this server is gone.")
    logs.keep_words_out()
    logs.write_json()
    quietly.run(sys.argv[1:])


if __name__ == "__main__":
    main()
