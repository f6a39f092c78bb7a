"""What a visitor is told when the assistant fails, and what the log then holds.

The faults cannot be had from a sound assistant, so a real server with the channel is
given assistants that fail.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from socket import create_connection
from types import SimpleNamespace

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from sanic import Sanic
from test_api import code_of, raw
from visitor import Visitor

from benchmarks.servers import wait_until
from lumbar import content
from lumbar.channel import http
from lumbar.channel.locks import SessionLocks
from lumbar.channel.refused import REFUSALS, Refused
from lumbar.channel.tokens import Tokens
from lumbar.channel.tracker_store import RecentTrackerStore
from lumbar.channel.web import WebChannel
from lumbar.serving import HOST, free_port
from lumbar.settings import ROOT
from lumbar.settings import settings as lumbar_settings

SAID = "quibblewort"


class Stage:
    """The channel's server in a thread, before an assistant that answers with `handle`.

    There is one for all tests: Sanic cannot start twice in a process.
    """

    def __init__(self):
        port = free_port()
        self.address = f"http://{HOST}:{port}"
        self.channel = WebChannel()
        self.app = Sanic("stage", configure_logging=False)
        self.app.blueprint(self.channel.blueprint(None), url_prefix="/")
        self.loop = asyncio.new_event_loop()
        starting = self.app.create_server(HOST, port, return_asyncio_server=True, access_log=False)
        self.server = self.loop.run_until_complete(starting)
        self.loop.run_until_complete(self.server.startup())
        self.loop.run_until_complete(self.server.before_start())
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def play(self, handle, is_ready=True):
        """Begin anew, with the settings as they are now."""
        self.handle = handle
        self.app.config.PROXIES_COUNT = lumbar_settings.proxies
        domain = Domain.load(str(ROOT / "domain.yml"))
        self.store = RecentTrackerStore(domain)
        self.app.ctx.agent = SimpleNamespace(
            is_ready=lambda: is_ready,
            domain=domain,
            processor=SimpleNamespace(handle_message=self.handle, domain=domain),
            action_endpoint=None,
            lock_store=SessionLocks(),
            tracker_store=self.store,
        )
        self.channel.begin(self.app.ctx.agent)
        return Visitor(self.address)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture(scope="module")
def stage():
    stage = Stage()
    yield stage
    stage.stop()


@pytest.fixture
def failing(stage):
    """Takes a coroutine function as the assistant; returns a visitor."""
    return stage.play


async def hangs(message):
    await asyncio.Event().wait()


async def raises(message):
    raise RuntimeError(f"cannot make sense of {message.text}")


async def says_nothing(message):
    pass


async def echoes_nothing_readable(message):
    await message.output_channel.send_response(message.sender_id, {"text": None})


async def says_hello(message):
    await message.output_channel.send_response(message.sender_id, {"text": "Hello!"})


def waiting():
    """Return an assistant that says hello when it may, and the events of both."""
    asked, go_on = threading.Event(), threading.Event()

    async def waits(message):
        asked.set()
        await asyncio.to_thread(go_on.wait, 30)
        await says_hello(message)

    return waits, asked, go_on


@pytest.mark.parametrize(
    ("handle", "refused"),
    [
        (hangs, (504, "timed_out")),
        (raises, (500, "failed")),
        (says_nothing, (502, "no_answer")),
        (echoes_nothing_readable, (502, "no_answer")),
    ],
)
def test_a_visitor_without_an_answer_gets_an_apology_and_the_clinic(
    failing, monkeypatch, caplog, handle, refused
):
    monkeypatch.setattr(lumbar_settings, "answer_seconds", 0.05)
    visitor = failing(handle).begin()
    reply = visitor.say(SAID)
    assert code_of(reply) == refused
    assert reply.json()["message"].startswith("I am sorry")
    assert "ask the team at Atlas Pain Specialists" in reply.json()["message"]
    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert record.name.startswith("lumbar.channel")
    assert SAID not in caplog.text


def test_the_log_names_where_an_exception_came_from(failing, caplog):
    failing(raises).begin().say(SAID)
    assert "RuntimeError" in caplog.text
    assert "in raises" in caplog.text


def test_an_apology_gives_the_clinics_number(monkeypatch):
    clinic = content.load().clinic.copy(update={"phone": "+1 555 0100"})
    monkeypatch.setattr(content, "load", lambda: SimpleNamespace(clinic=clinic))
    for code, (status, _) in REFUSALS.items():
        assert ("+1 555 0100" in Refused(code).body["message"]) == (status >= 500)


def test_an_assistant_that_is_not_loaded_says_so(failing):
    visitor = failing(says_hello, is_ready=False)
    assert code_of(visitor.send("GET", "health")) == (503, "not_ready")
    assert code_of(visitor.send("POST", "sessions")) == (503, "not_ready")


def test_one_conversation_gets_so_many_messages_a_minute(failing, monkeypatch):
    monkeypatch.setattr(lumbar_settings, "session_rate", 3)
    visitor = failing(says_hello).begin()
    assert [visitor.say("hi").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = visitor.say("hi")
    assert refused.json()["code"] == "session_rate"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert visitor.begin().say("hi").status_code == 200


def test_one_address_gets_so_many_messages_a_minute(failing, monkeypatch):
    monkeypatch.setattr(lumbar_settings, "address_rate", 3)
    visitor = failing(says_hello)
    said = [visitor.begin().say("hi").status_code for _ in range(3)]
    assert said == [200, 200, 200]
    assert code_of(visitor.say("hi")) == (429, "address_rate")
    assert code_of(visitor.send("POST", "sessions")) == (429, "address_rate")


def test_refused_requests_use_up_nobodys_messages(failing, monkeypatch):
    monkeypatch.setattr(lumbar_settings, "session_rate", 1)
    monkeypatch.setattr(lumbar_settings, "address_rate", 1)
    visitor = failing(says_hello).begin()
    for bad in ("", "x" * 1001, None):
        assert visitor.say(bad).status_code in (400, 422)
    assert Visitor(visitor.address, "forged").say("hi").status_code == 401
    assert visitor.say("hi").status_code == 200


def test_behind_a_proxy_each_visitor_has_an_address(failing, monkeypatch):
    monkeypatch.setattr(lumbar_settings, "address_rate", 1)
    monkeypatch.setattr(lumbar_settings, "proxies", 1)
    visitor = failing(says_hello)

    def begin(address):
        return visitor.send("POST", "sessions", {"X-Forwarded-For": address}).status_code

    assert [begin("192.0.2.1"), begin("192.0.2.1"), begin("192.0.2.2")] == [201, 429, 201]


def test_without_a_proxy_nobody_chooses_an_address(failing, monkeypatch):
    monkeypatch.setattr(lumbar_settings, "address_rate", 1)
    visitor = failing(says_hello)
    for forwarded, status in (("192.0.2.1", 201), ("192.0.2.2", 429)):
        headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}"}
        assert visitor.send("POST", "sessions", headers).status_code == status


def test_one_conversation_gets_one_answer_at_a_time(failing):
    waits, asked, go_on = waiting()
    visitor = failing(waits).begin()
    other = Visitor(visitor.address).begin()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(visitor.say, "first")
        assert asked.wait(30)
        for second in (visitor.say("second"), visitor.send("DELETE", "sessions")):
            assert code_of(second) == (409, "busy")
        third = pool.submit(other.say, "from somebody else")
        go_on.set()
        assert first.result().status_code == third.result().status_code == 200
    assert visitor.say("again").status_code == 200


def test_one_address_gets_so_many_answers_at_a_time(failing, monkeypatch):
    monkeypatch.setattr(lumbar_settings, "address_at_once", 1)
    waits, asked, go_on = waiting()
    visitor = failing(waits).begin()
    other = Visitor(visitor.address).begin()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(visitor.say, "first")
        assert asked.wait(30)
        refused = other.say("second")
        assert code_of(refused) == (429, "address_rate")
        assert refused.headers["Retry-After"] == "1"
        go_on.set()
        assert first.result().status_code == 200
    assert other.say("second").status_code == 200


@pytest.mark.parametrize("head", ["Content-Length: 9", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_arrive_is_not_waited_for(failing, monkeypatch, head):
    monkeypatch.setattr(http, "SECONDS_TO_SEND", 0.05)
    address = failing(says_hello).address
    request = f"POST /api/messages HTTP/1.1\r\n{head}\r\n\r\n".encode()
    assert raw(address, request) == 408


def test_a_message_that_failed_is_answered_when_it_is_sent_again_and_then_no_more(stage):
    async def remembers(message):
        tracker = await stage.store.get_or_create_tracker(message.sender_id)
        tracker.update(UserUttered(message.text, message_id=message.message_id))
        tracker.update(BotUttered("Hello!"))
        await stage.store.save(tracker)
        await says_hello(message)

    async def fails_once(message):
        await next(tries)(message)

    tries = iter([raises, remembers])
    visitor = stage.play(fails_once).begin()
    assert visitor.say("hi", id="one").status_code == 500
    answered = visitor.say("hi", id="one")
    assert answered.json()["messages"] == [{"text": "Hello!"}]
    assert visitor.say("hi", id="one").json() == answered.json()


def test_feedback_is_kept_with_the_conversation(stage):
    async def remembers(message):
        asked.append(message)
        await stage.store.get_or_create_tracker(message.sender_id)
        await says_hello(message)

    asked = []
    visitor = stage.play(remembers).begin()
    answer = visitor.say("hi").json()["answer"]
    verdict = {"answer": answer, "verdict": "down"}
    assert visitor.send("POST", "feedback", json=verdict).status_code == 204
    tracker = asyncio.run(stage.store.retrieve(asked[0].sender_id))
    assert tracker.get_slot("feedback") == {"answer": asked[0].message_id, "verdict": "down"}


def test_feedback_on_a_conversation_that_is_gone_is_refused(failing):
    visitor = failing(says_hello).begin()
    verdict = {"answer": visitor.say("hi").json()["answer"], "verdict": "up"}
    assert code_of(visitor.send("POST", "feedback", json=verdict)) == (404, "no_such_answer")


def test_a_visitor_who_leaves_before_the_answer_is_no_error(failing, caplog):
    waits, asked, go_on = waiting()
    visitor = failing(waits).begin()
    body = b'{"text": "hi"}'
    head = (
        f"POST /api/messages HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {visitor.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with create_connection((HOST, int(visitor.address.rpartition(":")[2]))) as connection:
        connection.sendall(head.encode() + body)
        assert asked.wait(30)
    assert wait_until(lambda: visitor.send("DELETE", "sessions").status_code == 204, 10)
    go_on.set()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_a_session_ends():
    ended = Tokens(lumbar_settings.copy(update={"session_seconds": -1}))
    with pytest.raises(Refused, match="no_session"):
        ended.session(ended.mint())


def test_another_secret_makes_other_sessions():
    with pytest.raises(Refused, match="no_session"):
        tokens(secret="one").session(tokens(secret="another").mint())


def test_a_session_signed_with_the_old_secret_goes_on_for_a_day():
    token = tokens(secret="old").mint()
    for hours, is_read in ((1, True), (23, True), (25, False)):
        rotated = datetime.now(timezone.utc) - timedelta(hours=hours)
        now = tokens(secret="new", old_secret="old", rotated=rotated)
        if is_read:
            assert now.session(token)
        else:
            with pytest.raises(Refused, match="no_session"):
                now.session(token)
        # What is signed from now on does not need it.
        assert tokens(secret="new").session(now.mint())


def tokens(**values):
    return Tokens(lumbar_settings.copy(update=values))
