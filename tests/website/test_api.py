"""The API, against a real server."""

import json
import socket
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from visitor import OTHER_WEBSITE, Visitor

from lumbar.settings import settings as lumbar_settings

NOTHING_YET = "I have not told you anything yet"
SOURCE = "where does that come from?"


def text_of(response):
    assert response.status_code == 200, response.text
    return "\n".join(one.get("text", "") for one in response.json()["messages"])


def code_of(response):
    return response.status_code, response.json()["code"]


def raw(address, request):
    """Send bytes as they are; return the status of the first response."""
    at = urlsplit(address)
    with socket.create_connection((at.hostname, at.port), timeout=30) as connection:
        connection.sendall(request)
        return int(connection.makefile("rb").readline().split()[1])


def test_a_question_is_answered_with_the_facts_it_rests_on(visitor):
    reply = visitor.say("how long does MILD last?").json()
    (message,) = reply["messages"]
    assert "five years or longer" in message["text"]
    assert any("five years" in source["text"] for source in message["sources"])
    assert any("Cleveland Clinic" in source["evidence"] for source in message["sources"])
    assert all(source["evidence"][0].startswith("Article, “") for source in message["sources"])


def test_a_comparison_comes_as_a_table_and_is_not_told_twice(visitor):
    (message,) = visitor.say("mild or shots, which lasts longer").json()["messages"]
    table = message["table"]
    assert [row[0] for row in table["rows"]] == ["MILD", "Epidural steroid injections"]
    assert all(len(row) == len(table["columns"]) for row in table["rows"])
    assert "\n- " not in message["text"]
    assert message["text"].startswith("MILD gives the longer relief")


def test_an_emergency_names_the_number_to_call(visitor):
    (message,) = visitor.say("i cant pee since last night").json()["messages"]
    assert message["emergency"] == "911"


def test_an_answer_in_another_language_says_which(visitor):
    (message,) = visitor.say("¿cuánto tiempo dura el procedimiento?").json()["messages"]
    assert message["lang"] == "es"


def test_the_offered_buttons_work(visitor):
    for button in visitor.buttons:
        assert text_of(visitor.press(button["button"]))


@pytest.mark.parametrize("button", ["", "What is MILD?", "/restart", "x.y.z", "\ud800"])
def test_a_button_that_was_not_offered_does_nothing(visitor, button):
    assert code_of(visitor.press(button)) == (404, "no_such_button")


def test_a_button_of_another_conversation_does_nothing(visitor, address):
    other = Visitor(address).begin()
    assert code_of(visitor.press(other.buttons[0]["button"])) == (404, "no_such_button")


def test_a_token_is_no_button(visitor):
    assert code_of(visitor.press(visitor.token)) == (404, "no_such_button")


@pytest.mark.parametrize("command", ["/restart", "  /restart", "//session_start", "/ /restart@1.0"])
def test_a_typed_command_is_only_text(visitor, command):
    visitor.say("how long does MILD last?")
    text_of(visitor.say(command))
    assert NOTHING_YET not in text_of(visitor.say(SOURCE))


def test_a_typed_intent_is_only_text(visitor):
    assert "Goodbye" in text_of(visitor.say("goodbye"))
    typed = text_of(visitor.say('/goodbye@1.0{"treatment": "mild"} how long does mild last'))
    assert "Goodbye" not in typed


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é", "x" * 5000])
def test_without_a_session_there_is_no_answer(address, token):
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    for method, path in (("POST", "messages"), ("POST", "buttons"), ("DELETE", "sessions")):
        refused = Visitor(address).send(method, path, headers, json={"text": "hello"})
        assert code_of(refused) == (401, "no_session")


def test_a_changed_token_is_refused(visitor):
    name, time, signature = visitor.token.split(".")
    for forged in (f"{name}x.{time}.{signature}", f"{name}.{time}.{signature[::-1]}"):
        assert code_of(Visitor(visitor.address, forged).say("hello")) == (401, "no_session")


def test_nobody_goes_on_with_anothers_conversation(visitor, address):
    visitor.say("how long does MILD last?")
    assert NOTHING_YET in text_of(Visitor(address).begin().say(SOURCE))
    assert NOTHING_YET not in text_of(visitor.say(SOURCE))


def test_a_forgotten_conversation_is_gone(visitor):
    visitor.say("how long does MILD last?")
    assert visitor.send("DELETE", "sessions").status_code == 204
    assert NOTHING_YET in text_of(visitor.say(SOURCE))


def test_a_message_sent_again_after_a_lost_reply_counts_once(visitor):
    first = visitor.say("mild or shots, which lasts longer", id="one").json()
    assert visitor.say("mild or shots, which lasts longer", id="one").json() == first
    assert visitor.say("yes", id="two").json() != first


def test_feedback_belongs_to_an_answer_of_the_same_conversation(visitor, address):
    answer = visitor.say("how long does MILD last?").json()["answer"]
    other = Visitor(address).begin()
    other.say("hello")
    for one, status in ((visitor, 204), (other, 404)):
        given_one = one.send("POST", "feedback", json={"answer": answer, "verdict": "up"})
        assert given_one.status_code == status


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", (422, "empty")),
        (" \n\t", (422, "empty")),
        ("///", (422, "empty")),
        ("\x00\x07", (422, "empty")),
        ("x" * 1001, (422, "too_long")),
        (None, (400, "wrong_fields")),
        (7, (400, "wrong_fields")),
        (True, (400, "wrong_fields")),
        (["hello"], (400, "wrong_fields")),
        ({"text": "hello"}, (400, "wrong_fields")),
    ],
)
def test_a_message_is_1_to_1000_characters(visitor, text, refused):
    assert code_of(visitor.say(text)) == refused


@pytest.mark.parametrize("text", ["x", "?", "x" * 1000, "\ud800", "a\x00b", "👩‍⚕️" * 100])
def test_any_text_within_the_limits_gets_a_reply(visitor, text):
    assert text_of(visitor.say(text))


def test_fields_nobody_documented_are_refused(visitor):
    for fields in ({"sender": "x"}, {"metadata": {}}, {"id": 5}, {"id": "x" * 65}):
        assert code_of(visitor.say("hello", **fields)) == (400, "wrong_fields")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"a"', b"5", b"null", b"{", b'{"text": "a"', b"\xff\xfe", b"[" * 15_000],
)
def test_a_body_that_is_no_object_is_refused(visitor, body):
    sent = visitor.send("POST", "messages", {"Content-Type": "application/json"}, data=body)
    assert code_of(sent) == (400, "not_an_object")


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/jsonp", ""])
def test_a_body_that_is_not_called_json_is_refused(visitor, kind):
    sent = visitor.send("POST", "messages", {"Content-Type": kind}, data=b'{"text": "hello"}')
    assert code_of(sent) == (415, "not_json")


@pytest.mark.parametrize("size", [16_001, 900_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_more_than_16_kb_is_refused(visitor, size, chunked):
    body = b'{"text": "' + b"x" * (size - 12) + b'"}'
    data = (body[at : at + 4000] for at in range(0, size, 4000)) if chunked else body
    try:
        sent = visitor.send("POST", "messages", {"Content-Type": "application/json"}, data=data)
    except requests.ConnectionError:
        # The server answers and hangs up before all of it is sent.
        assert size == 900_000
        return
    assert code_of(sent) == (413, "body_too_large")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=10,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(JSON, st.sampled_from(["messages", "buttons", "feedback"]))
def test_whatever_else_is_sent_is_refused_with_a_sentence(visitor, body, path):
    refused = visitor.send("POST", path, json=body)
    assert 400 <= refused.status_code < 500
    assert refused.json()["message"].endswith(".")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /api/health\r\n\r\n", 400),
        (b"GET /api/health HTTP/9\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 413),
        (b"POST /api/messages HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST /api/messages HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /api/messages HTTP/1.1\r\nContent-Length: \xd9\xa5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
        (b"POST /api/messages HTTP/1.1\r\nAuthorization: Bearer \xff\r\n\r\n", 401),
        (b"POST /api/messages HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"POST /api/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400),
        (b"BREW /api/messages HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"POST /api/messages HTTP/1.1\r\nExpect: cake\r\nContent-Length: 2\r\n\r\n{}", 400),
    ],
)
def test_malformed_requests_are_refused(address, request_bytes, status):
    assert raw(address, request_bytes) == status


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://clinic.example", "x", "http://[", "https://"]
)
def test_other_websites_may_not_use_the_assistant(address, origin):
    refused = Visitor(address).send("POST", "sessions", {"Origin": origin})
    assert code_of(refused) == (403, "foreign_origin")
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_the_clinics_website_may_use_the_assistant(address):
    headers = {"Origin": OTHER_WEBSITE}
    begun = Visitor(address).send("POST", "sessions", headers)
    assert begun.status_code == 201
    assert begun.headers["Access-Control-Allow-Origin"] == OTHER_WEBSITE
    asked = {**headers, "Access-Control-Request-Method": "POST"}
    preflight = Visitor(address).send("OPTIONS", "messages", asked)
    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]


def test_the_servers_own_page_may_use_the_assistant(address):
    assert Visitor(address).send("POST", "sessions", {"Origin": address}).status_code == 201


@pytest.mark.parametrize(
    "path",
    [
        "webhooks/rest/webhook",
        "webhooks/rest/",
        "socket.io/",
        "model/parse",
        "conversations",
        "nope",
    ],
)
def test_there_is_no_other_way_in(address, path):
    for method in ("GET", "POST"):
        assert requests.request(method, f"{address}/{path}", timeout=30).status_code == 404


@pytest.mark.parametrize("path", ["demo/", "lumbar-chat.js", "api/health", "api/messages", "nope"])
def test_every_response_is_guarded_and_sets_no_cookie(address, path):
    headers = requests.get(f"{address}/{path}", timeout=30).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers
    assert "Server" not in headers


def test_the_address_alone_shows_the_page(address):
    page = requests.get(address, timeout=30)
    assert "<lumbar-chat" in page.text
    assert "Rasa" not in page.text


@pytest.mark.parametrize("path", ["/", "//", "///", "*"])
def test_rasas_own_page_is_nowhere(address, path):
    assert raw(address, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) in (302, 404)


def test_the_scheme_of_a_token_is_bearer(visitor):
    for scheme, status in (("Bearer", 200), ("bearer", 200), ("Basic", 401), ("Token", 401)):
        headers = {"Authorization": f"{scheme} {visitor.token}"}
        sent = Visitor(visitor.address).send("POST", "messages", headers, json={"text": "hello"})
        assert sent.status_code == status


def test_feedback_after_forgetting_leaves_the_conversation_in_order(visitor):
    answer = visitor.say("how long does MILD last?").json()["answer"]
    visitor.send("DELETE", "sessions")
    verdict = {"answer": answer, "verdict": "up"}
    late = visitor.send("POST", "feedback", json=verdict)
    assert code_of(late) == (404, "no_such_answer")
    assert "five years" in text_of(visitor.say("how long does MILD last?"))


def test_nothing_a_patient_types_comes_back_or_reaches_a_log(visitor):
    said = "<img src=x onerror=alert(1)> quibblewort"
    for sent in (visitor.say(said), visitor.say(f"/{said}"), visitor.say(said * 50)):
        assert "quibblewort" not in sent.text
    visitor.send("POST", "messages", {"Content-Type": "application/json"}, data=said)
    visitor.send("POST", f"messages/{'quibblewort'}", json={"quibblewort": said})
    for log in lumbar_settings.build.glob("*.log"):
        assert "quibblewort" not in log.read_text(encoding="utf-8")


def test_what_is_sent_is_json_whatever_happens(address):
    for path in ("nope", "api/sessions"):
        refused = requests.get(f"{address}/{path}", timeout=30)
        assert refused.headers["Content-Type"] == "application/json"
        assert set(json.loads(refused.text)) == {"code", "message"}
