"""Several files change as one, whatever happens, and change back byte for byte."""

import os
import resource
import signal
import subprocess
import sys
import textwrap

import pytest
from editor import of, snapshot
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from lumbar.settings import settings
from lumbar.studio import files
from lumbar.studio.errors import StudioError
from lumbar.studio.files import Change, apply, undo

NEW = b"taught: true\n"


def change(project, what="a lesson"):
    """A change of three files, one of them new."""
    paths = [project / "domain.yml", project / "data" / "nlu.yml", project / "tests" / "new.yml"]
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    return Change(what, before, {path: (before[path] or b"") + NEW for path in paths})


def leftovers(project):
    return [path for path in project.rglob(".*") if path.name.endswith((".new", ".partial"))]


def test_undo_leaves_every_byte_as_it_was(project):
    before = snapshot(project)
    apply(change(project))
    assert snapshot(project) != before
    assert undo() == "a lesson"
    assert snapshot(project) == before
    assert not leftovers(project)


def test_undo_goes_back_one_change_after_another(project):
    before = snapshot(project)
    apply(change(project, "the first"))
    between = snapshot(project)
    apply(change(project, "the second"))
    assert undo() == "the second"
    assert snapshot(project) == between
    assert undo() == "the first"
    assert snapshot(project) == before
    with pytest.raises(StudioError, match="nothing to undo"):
        undo()


@how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(contents=st.lists(st.one_of(st.none(), st.binary(max_size=200)), min_size=1, max_size=4))
def test_whatever_the_files_hold_is_written_and_taken_back(project, contents):
    paths = [project / "data" / f"{number}.bin" for number in range(len(contents))]
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    apply(Change("bytes", before, dict(zip(paths, contents, strict=True))))
    for path, content in zip(paths, contents, strict=True):
        assert (path.read_bytes() if path.is_file() else None) == content
    undo()
    for path, content in before.items():
        assert (path.read_bytes() if path.is_file() else None) == content


def test_a_file_that_somebody_edited_meanwhile_is_not_overwritten(project):
    planned = change(project)
    (project / "domain.yml").write_text("edited by hand\n")
    before = snapshot(project)
    with pytest.raises(StudioError, match=r"domain\.yml: the file was changed while"):
        apply(planned)
    assert snapshot(project) == before


def test_what_was_edited_by_hand_afterwards_is_not_undone(project):
    apply(change(project))
    (project / "domain.yml").write_text("edited by hand\n")
    before = snapshot(project)
    with pytest.raises(StudioError, match=r"domain\.yml: the file was changed after a lesson"):
        undo()
    assert snapshot(project) == before


def test_no_room_on_the_disk_changes_nothing_and_says_which_file(project):
    before = snapshot(project)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(StudioError, match=r"cannot be written \(File too large\). Nothing was"):
            apply(change(project))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert snapshot(project) == before
    assert not leftovers(project)


SCRIPT = """
import os, signal, sys
from pathlib import Path
from lumbar.settings import settings
from lumbar.studio import files

calls = int(sys.argv[1])
parent = os.getpid()

def counted(real):
    def call(*arguments, **named):
        global calls
        calls -= 1
        if calls == 0 and os.getpid() == parent:
            os.kill(parent, signal.SIGKILL)
        return real(*arguments, **named)
    return call

Path.replace = counted(Path.replace)
Path.unlink = counted(Path.unlink)
os.fsync = counted(os.fsync)
os.fork = counted(os.fork)
os.waitpid = counted(os.waitpid)
paths = [settings.project / name for name in ("domain.yml", "data/nlu.yml", "tests/new.yml")]
if sys.argv[2] == "apply":
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    after = {path: (before[path] or b"") + b"taught: true\\n" for path in paths}
    files.apply(files.Change("a lesson", before, after))
else:
    files.undo()
"""


@pytest.mark.parametrize("what", ["apply", "undo"])
def test_killed_at_any_point_the_files_are_as_before_or_as_after(project, what):
    before = snapshot(project)
    apply(change(project))
    after = snapshot(project)
    undo()
    if what == "undo":
        apply(change(project))
        before, after = after, before
    seen, killed_at = set(), 0
    while True:
        killed_at += 1
        command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(killed_at), what]
        done = subprocess.run(command, env=of(project), capture_output=True, text=True, check=False)
        # What a killed command has begun, a process of its own completes.
        with files.exclusive("the test"):
            now = snapshot(project)
        assert now in (before, after), f"between, when killed at step {killed_at}"
        seen.add(now == after)
        if done.returncode != -signal.SIGKILL:
            assert done.returncode == 0, done.stderr
            break
        files.recover()
        # What counted already, but had not begun, is completed now.
        assert snapshot(project) in (now, after)
        now = snapshot(project)
        assert not leftovers(project)
        if now == after:
            (undo if what == "apply" else lambda: apply(change(project)))()
            assert snapshot(project) == before
    assert killed_at > 5
    assert seen == {True, False}


def test_two_at_once_the_second_says_for_whom_it_waits(project):
    script = "from lumbar.studio.files import exclusive\nwith exclusive('a lesson'): print('in')"
    with files.exclusive("teach"):
        second = subprocess.Popen(
            [sys.executable, "-c", script], env=of(project), stdout=subprocess.PIPE, text=True
        )
        assert second.stdout.readline() == f"Waiting for 'teach' (process {os.getpid()}) to end.\n"
        assert second.poll() is None
    told, _ = second.communicate(timeout=60)
    assert told == "in\n"


def test_only_the_latest_changes_are_kept(project, monkeypatch):
    monkeypatch.setattr(files, "KEPT", 2)
    for number in range(4):
        apply(change(project, f"lesson {number}"))
    assert len(list((settings.state / "changes" / "history").iterdir())) == 2
    assert [undo(), undo()] == ["lesson 3", "lesson 2"]
