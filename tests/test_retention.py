"""What patients said is deleted when it is old enough."""

import os
import time

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered

from lumbar.channel.tracker_store import RecentTrackerStore
from lumbar.retention import purge
from lumbar.settings import ROOT, settings
from lumbar.studio.conversations import read_turns
from lumbar.studio.errors import StudioError

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    for name in ("state", "build"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(settings, name, tmp_path / name)
    monkeypatch.setattr(settings, "database", f"sqlite:///{tmp_path / 'state' / 'said.db'}")


async def say(days_ago, text):
    store = RecentTrackerStore(Domain.load(str(ROOT / "domain.yml")))
    tracker = await store.get_or_create_tracker(f"patient {days_ago}")
    tracker.update(UserUttered(text, timestamp=time.time() - days_ago * DAY))
    tracker.update(BotUttered("Hello!", timestamp=time.time() - days_ago * DAY))
    await store.save(tracker)
    await store.backlog.close()


async def test_what_is_older_goes_and_what_is_younger_stays(tmp_path):
    await say(31, "how long does the quibblewort last")
    await say(29, "is it safe")
    assert purge(30 * DAY).messages == 1
    assert [turn.text for turn in read_turns()] == ["is it safe"]
    # Not in a corner of a file either.
    for file in (tmp_path / "state").iterdir():
        assert b"quibblewort" not in file.read_bytes(), file
    assert purge(30 * DAY).messages == 0


async def test_what_the_studio_quotes_goes_too(tmp_path):
    old, new = time.time() - 31 * DAY, time.time()
    for name, moment, stays in (
        ("state/inbox.json", old, False),
        ("build/report-2026-09-01-2026-09-30.html", old, False),
        ("build/report-2026-11-01-2026-11-30.html", new, True),
        ("build/shell.db", old, False),
        ("build/vectors.npz", old, True),
        ("state/handled.json", old, True),
        ("state/waiting/5005/000000000001.json", old, False),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("quibblewort")
        os.utime(path, (moment, moment))
        purge(30 * DAY)
        assert path.is_file() == stays, name


def test_without_a_conversation_there_is_nothing_to_delete():
    assert purge(30 * DAY).messages == 0


def test_a_database_that_is_away_is_named_without_its_password(monkeypatch):
    monkeypatch.setattr(settings, "database", "postgresql://lumbar:hidden@127.0.0.1:9/lumbar")
    with pytest.raises(StudioError, match=r"lumbar:\*\*\*@127.0.0.1:9") as told:
        purge(30 * DAY)
    assert "hidden" not in str(told.value)
