"""What nobody thought of, at the two places where what a visitor typed is taken apart.

A failure prints the input and where it is kept; `python tests/production/fuzz_….py FILE`
feeds it again.
"""

import importlib.util
import subprocess
import sys

import pytest

from lumbar.serving import environment
from lumbar.settings import ROOT

HERE = ROOT / "tests" / "production"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="needs atheris, which has wheels for Linux on x86_64 only: pip install atheris==2.3.0",
)


@pytest.mark.parametrize(
    ("program", "longest", "runs"),
    [("fuzz_requests.py", 4000, 20_000), ("fuzz_redaction.py", 300, 1_000)],
)
def test_whatever_is_typed_is_read_or_refused(tmp_path, program, longest, runs):
    fuzz(tmp_path, program, longest, "-seed=1", f"-runs={runs}")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("program", "longest"), [("fuzz_requests.py", 4000), ("fuzz_redaction.py", 300)]
)
def test_whatever_is_typed_for_ten_minutes_is_read_or_refused(tmp_path, program, longest):
    fuzz(tmp_path, program, longest, "-max_total_time=600")


def fuzz(folder, program, longest, *options):
    """Run libFuzzer on `program` from an empty corpus, with long inputs from the beginning."""
    options = (*options, f"-max_len={longest}", "-len_control=0", "-timeout=10")
    run = subprocess.run(
        [sys.executable, str(HERE / program), f"-artifact_prefix={folder}/", *options],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:]
