"""What patients do in the widget, in Chromium, against the real server."""

import json
import re

import pytest
from chat import Chat
from playwright.sync_api import expect

LASTS = "how long does MILD last?"
COMPARE = "compare mild with shots and surgery"
EMERGENCY = "i cant pee since last night"
HELLO = re.compile("^Hello!")


def storage(page):
    return json.loads(page.evaluate("sessionStorage.getItem('lumbar-chat')"))


def host(page, address, body, head="", policy="default-src 'self'"):
    """Show another clinic's page, with the widget of the real server."""
    page.route(
        f"{address}/host",
        lambda route: route.fulfill(
            content_type="text/html",
            headers={"Content-Security-Policy": policy},
            body=f'<!doctype html><html lang="en"><title>Host</title>{head}<main><h1>Host</h1>'
            f'</main>{body}<script src="/lumbar-chat.js"></script></html>',
        ),
    )
    page.goto(f"{address}/host")
    return Chat(page)


def reply_with(page, *messages, status=200):
    """Let the server's next replies be `messages`, whatever is asked."""
    body = messages[0] if status >= 400 else {"answer": "a", "messages": list(messages)}
    page.route("**/api/messages", lambda route: route.fulfill(status=status, json=body))


def test_a_question_gets_its_answer_and_the_source_opens(chat):
    answer = chat.ask(LASTS)
    expect(answer).to_contain_text("five years or longer")
    source = chat.log.get_by_text(re.compile("^Source"))
    source.click()
    expect(chat.log.get_by_text("Cleveland Clinic").last).to_be_visible()
    expect(chat.status).to_be_empty()


def test_a_suggested_question_is_asked_by_its_button(chat):
    chat.suggestions.nth(1).click()
    expect(chat.log.locator(".you")).to_have_text("You: How long does the relief last?")
    expect(chat.answers.last).to_contain_text("five years or longer")
    expect(chat.suggestions.first).to_be_visible()


def test_a_comparison_is_a_table_with_caption_and_headers(chat):
    answer = chat.ask(COMPARE)
    table = answer.get_by_role("table", name="Treatments, side by side")
    assert table.get_by_role("columnheader").all_inner_texts()[0] == "Treatment"
    assert table.get_by_role("rowheader").all_inner_texts()[0] == "MILD"
    assert table.get_by_role("row").count() == 4


def test_thumbs_are_kept_over_a_reload(chat):
    chat.ask(LASTS)
    chat.log.get_by_role("button", name="Not helpful").click()
    expect(chat.status).to_have_text("Thank you.")
    chat.page.reload()
    pressed = chat.log.get_by_role("button", pressed=True)
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_accessible_name("Not helpful")


def test_the_conversation_goes_on_after_a_reload_and_on_another_page(chat, address):
    chat.ask(COMPARE)
    chat.page.reload()
    expect(chat.panel).to_be_visible()
    expect(chat.log.get_by_role("table")).to_be_visible()
    other = host(chat.page, address, "<lumbar-chat></lumbar-chat>")
    expect(other.log.get_by_role("table")).to_be_visible()
    expect(other.ask("which of them has the shortest recovery?")).to_contain_text("injections")


def test_a_page_with_an_open_chat_keeps_the_focus(chat):
    chat.page.reload()
    expect(chat.panel).to_be_visible()
    assert chat.page.evaluate("document.activeElement === document.body")


def test_a_question_typed_offline_is_sent_when_the_connection_is_back(chat, context):
    context.set_offline(True)
    chat.type(LASTS)
    expect(chat.status).to_contain_text("You are offline")
    chat.type("is it safe?")
    context.set_offline(False)
    expect(chat.answers).to_have_count(3)
    expect(chat.answers.nth(1)).to_contain_text("five years or longer")
    expect(chat.status).to_be_empty()


def test_a_question_typed_offline_outlives_the_page(chat, context):
    context.set_offline(True)
    chat.type(LASTS)
    expect(chat.status).to_contain_text("You are offline")
    kept = storage(chat.page)
    assert [one["text"] for one in kept["queue"]] == [LASTS]
    context.set_offline(False)
    chat.page.reload()
    expect(chat.answers.last).to_contain_text("five years or longer")


def test_after_a_minute_of_trouble_the_clinics_telephone_is_shown(page):
    page.clock.install()
    page.reload()
    chat = Chat(page).open()
    page.route("**/api/messages", lambda route: route.abort())
    chat.type(LASTS)
    expect(chat.status).to_contain_text("No connection to the assistant")
    trouble = chat.log.get_by_text("No connection to the assistant")
    for _ in range(10):
        expect(trouble).to_have_count(0)
        page.clock.fast_forward(5_000)
    for _ in range(10):
        page.clock.fast_forward(17_000)
        if trouble.count():
            break
    expect(trouble).to_be_visible()
    expect(chat.log.get_by_role("link", name="(555) 010-0142")).to_have_attribute(
        "href", "tel:5550100142"
    )
    expect(chat.status).to_be_empty()
    page.unroute_all()
    chat.log.get_by_role("button", name="Try again").click()
    expect(chat.answers.last).to_contain_text("five years or longer")
    expect(trouble).to_have_count(0)


def test_a_server_that_is_away_is_not_flooded(page):
    page.clock.install()
    page.reload()
    chat = Chat(page).open()
    tries = []
    page.route("**/api/messages", lambda route: tries.append(route) or route.abort())
    chat.type(LASTS)
    expect(chat.status).to_contain_text("No connection to the assistant")
    assert len(tries) == 1
    page.clock.run_for(4_000)
    expect(chat.status).to_contain_text("No connection to the assistant")
    assert 2 <= len(tries) <= 4


def test_an_apology_of_the_server_can_be_tried_again(chat):
    apology = {"code": "timed_out", "message": "I am sorry, the answer took too long."}
    reply_with(chat.page, apology, status=504)
    expect(chat.ask(LASTS)).to_contain_text("the answer took too long")
    expect(chat.status).to_be_empty()
    chat.page.unroute_all()
    chat.log.get_by_role("button", name="Try again").click()
    expect(chat.answers.last).to_contain_text("five years or longer")


def test_a_server_that_answers_with_a_web_page_is_tried_again(chat):
    replies = iter([502, 503])

    def fail_twice(route):
        status = next(replies, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, body="<h1>Bad gateway</h1>", content_type="text/html")

    chat.page.route("**/api/messages", fail_twice)
    expect(chat.ask(LASTS)).to_contain_text("five years or longer")
    expect(chat.log.locator(".you")).to_have_count(1)


def test_an_ended_session_goes_on_without_a_word(chat):
    chat.page.evaluate(
        """const kept = JSON.parse(sessionStorage.getItem('lumbar-chat'));
        sessionStorage.setItem('lumbar-chat', JSON.stringify({...kept, token: 'ended'}))"""
    )
    chat.page.reload()
    expect(chat.suggestions.first).to_be_visible()
    chat.suggestions.nth(1).click()
    expect(chat.answers.last).to_contain_text("five years or longer")


def test_an_emergency_cannot_be_overlooked(chat):
    chat.type(EMERGENCY)
    alert = chat.log.get_by_role("alert")
    expect(alert).to_contain_text("Call 911 now")
    call = alert.get_by_role("link", name="Call 911", exact=True)
    expect(call).to_be_in_viewport()
    expect(call).to_have_attribute("href", "tel:911")
    expect(alert.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")


@pytest.mark.parametrize("size", [(390, 400), (320, 640), (740, 360)])
def test_the_number_to_call_is_in_sight_on_a_small_screen(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    chat = Chat(page).open()
    chat.choose("Larger text")
    chat.ask(EMERGENCY)
    expect(chat.log.get_by_role("link", name="Call 911", exact=True)).to_be_in_viewport(ratio=0.9)


def test_the_answer_to_a_long_story_is_in_sight(chat):
    expect(chat.ask("and then my neighbor told me so many things " * 15)).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_second_tap_on_the_launcher_calls_nobody(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    chat = Chat(page)
    box = chat.launcher.bounding_box()
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(chat.panel).to_be_visible()
    for part in (0.1, 0.3, 0.5, 0.7, 0.9):
        at = [box["x"] + part * box["width"], box["y"] + part * box["height"]]
        assert page.evaluate(
            """([x, y]) => document.querySelector('lumbar-chat').shadowRoot
            .elementFromPoint(x, y).closest('a') === null""",
            at,
        )


def test_start_over_ends_the_waiting(chat, context):
    context.set_offline(True)
    chat.field.fill("something else")
    chat.type(LASTS)
    expect(chat.status).to_contain_text("You are offline")
    chat.choose("Start over")
    expect(chat.status).to_be_empty()
    context.set_offline(False)


def test_an_emergency_opens_a_chat_that_was_closed(chat):
    held = []
    chat.page.route("**/api/messages", lambda route: held.append(route))
    with chat.page.expect_request("**/api/messages"):
        chat.type(EMERGENCY)
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    held[0].continue_()
    expect(chat.log.get_by_role("alert")).to_be_in_viewport()


def test_start_over_begins_a_new_conversation(chat):
    chat.ask(LASTS)
    before = storage(chat.page)["token"]
    chat.choose("Start over")
    expect(chat.answers).to_have_count(1)
    expect(chat.suggestions.first).to_be_visible()
    assert storage(chat.page)["token"] != before
    expect(chat.ask("where does that come from?")).to_contain_text("not told you anything yet")


def test_forget_deletes_the_conversation_here_and_on_the_server(chat, address):
    chat.ask(LASTS)
    token = storage(chat.page)["token"]
    chat.choose("Forget this conversation")
    expect(chat.status).to_have_text("This conversation has been deleted.")
    expect(chat.answers).to_have_count(1)
    assert "last" not in json.dumps(storage(chat.page)["items"])
    said = chat.page.request.post(
        f"{address}/api/messages",
        headers={"Authorization": f"Bearer {token}"},
        data={"text": "where does that come from?"},
    )
    assert "not told you anything yet" in said.text()


def test_forget_without_a_connection_says_that_it_failed(chat, context):
    chat.ask(LASTS)
    context.set_offline(True)
    chat.choose("Forget this conversation")
    expect(chat.status).to_contain_text("Not deleted")
    expect(chat.answers).to_have_count(2)


def test_a_question_asked_before_the_session_began_is_in_that_session(page):
    held = []
    page.route("**/api/sessions", lambda route: held.append(route))
    chat = Chat(page)
    chat.launcher.click()
    chat.type(LASTS)
    expect(chat.status).to_have_text("Lumbar is writing")
    assert len(held) == 1
    held[0].continue_()
    expect(chat.answers.last).to_contain_text("five years or longer")


def test_a_question_that_was_forgotten_is_not_sent(page):
    held, sent = [], []
    page.route("**/api/sessions", lambda route: held.append(route))
    page.route("**/api/messages", lambda route: sent.append(route))
    chat = Chat(page)
    chat.launcher.click()
    chat.type(LASTS)
    expect(chat.status).to_have_text("Lumbar is writing")
    chat.choose("Forget this conversation")
    expect(chat.log.locator(".you")).to_have_count(0)
    while held:
        held.pop().continue_()
    expect(chat.suggestions.first).to_be_visible()
    assert not sent
    assert not storage(page)["queue"]


def test_two_tabs_are_two_conversations(chat, context, address):
    second = context.new_page()
    second.goto(address)
    other = Chat(second).open()
    chat.ask(LASTS)
    expect(other.ask("where does that come from?")).to_contain_text("not told you anything yet")
    expect(other.log.locator(".you")).to_have_count(1)


def test_everything_works_by_keyboard(page):
    chat = Chat(page)
    keys = page.keyboard
    for _ in range(60):
        keys.press("Tab")
        if page.evaluate("document.activeElement.localName") == "lumbar-chat":
            break
    expect(chat.launcher).to_be_focused()
    keys.press("Enter")
    expect(chat.field).to_be_focused()
    expect(chat.suggestions.first).to_be_visible()
    keys.type(LASTS)
    keys.press("Enter")
    expect(chat.answers.last).to_contain_text("five years or longer")
    expect(chat.field).to_be_focused()
    reached = []
    for _ in range(20):
        keys.press("Shift+Tab")
        reached.append(
            page.evaluate(
                """() => { const one = document.activeElement.shadowRoot?.activeElement;
                return one && (one.ariaLabel || one.innerText.split('\\n')[0]) }"""
            )
        )
    for control in ("Sources (3)", "Helpful", "Not helpful", "Conversation", "Options"):
        assert control in reached
    assert "Close the chat" in reached
    chat.field.focus()
    keys.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_escape_closes_the_menu_before_the_chat(chat):
    chat.panel.get_by_text("Options").click()
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_visible()
    expect(chat.panel.get_by_role("button", name="Start over")).to_be_hidden()
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()


def test_a_chosen_option_closes_the_menu(chat):
    chat.choose("Larger text")
    expect(chat.panel.get_by_role("button", name="Start over")).to_be_hidden()


def test_after_a_suggestion_the_focus_is_on_the_answer(chat):
    chat.suggestions.first.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.answers.last).to_be_focused()
    chat.page.keyboard.press("Tab")
    expect(chat.log.get_by_text(re.compile("^Source"))).to_be_focused()


def test_a_new_line_is_typed_with_shift(chat):
    chat.field.press_sequentially("first")
    chat.page.keyboard.press("Shift+Enter")
    chat.field.press_sequentially("second")
    expect(chat.field).to_have_value("first\nsecond")
    expect(chat.log.locator(".you")).to_have_count(0)


def test_an_empty_question_is_not_sent(chat):
    chat.type("   ")
    expect(chat.log.locator(".you")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("root_size", ["100%", "200%"])
def test_nothing_is_wider_than_the_window(page, width, root_size):
    page.set_viewport_size({"width": width, "height": 700})
    page.evaluate(f"document.documentElement.style.fontSize = '{root_size}'")
    chat = Chat(page).open()
    chat.ask(COMPARE)
    chat.ask(EMERGENCY)
    for element in (page.locator("html"), chat.panel, chat.log, chat.answers.nth(1)):
        assert element.evaluate("one => one.scrollWidth <= one.clientWidth")
    if width < 1280:
        table = chat.log.get_by_role("group", name="Treatments, side by side")
        assert table.evaluate("one => one.scrollWidth > one.clientWidth")
    for control in (chat.field, chat.panel.get_by_role("button", name="Send")):
        control.scroll_into_view_if_needed()
        expect(control).to_be_in_viewport(ratio=0.9)


def test_text_is_at_least_18_pixels_and_controls_44(chat):
    chat.ask(COMPARE)
    chat.ask(EMERGENCY)
    chat.panel.get_by_text("Options").click()
    small = chat.page.evaluate(
        """() => { const root = document.querySelector('lumbar-chat').shadowRoot;
        const seen = [...root.querySelectorAll('dialog *')].filter((one) => one.checkVisibility());
        return [
          ...seen.filter((one) => parseFloat(getComputedStyle(one).fontSize) < 18),
          ...seen.filter((one) => one.matches('button, summary, textarea, .call'))
            .filter((one) => { const box = one.getBoundingClientRect();
              return box.height < 44 || box.width < 44 }),
        ].map((one) => one.outerHTML) }"""
    )
    assert small == []


def test_larger_text_is_larger_and_stays_so(chat):
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    chat.ask(LASTS)
    before = chat.answers.first.evaluate(size)
    chat.log.get_by_text("Sources").click()
    chat.choose("Larger text")
    assert chat.answers.first.evaluate(size) >= 1.25 * before
    expect(chat.log.get_by_text("Cleveland Clinic").last).to_be_visible()
    chat.page.reload()
    assert chat.answers.first.evaluate(size) >= 1.25 * before


def test_text_follows_the_browsers_text_size(page):
    chat = Chat(page).open()
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    before = chat.answers.first.evaluate(size)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert chat.answers.first.evaluate(size) == pytest.approx(2 * before)


def test_reduced_motion_stands_still(page, context):
    page.emulate_media(reduced_motion="reduce")
    chat = Chat(page).open()
    context.set_offline(True)
    chat.type(LASTS)
    moving = "one => getComputedStyle(one, '::after').animationName"
    assert chat.status.evaluate(moving) == "none"


HOSTILE = """
* { display: none !important; font: 3px fantasy !important; color: lime !important;
    position: static !important; pointer-events: none !important; visibility: hidden !important;
    opacity: 0 !important; transform: rotate(45deg) !important; }
html, body { display: block !important; font-size: 4px !important }
lumbar-chat { width: 1px !important; overflow: hidden !important; inset: auto !important }
button, dialog, table { all: unset !important }
"""


def test_a_hostile_style_sheet_does_not_break_the_chat(page, address):
    page.route(
        f"{address}/hostile.css",
        lambda route: route.fulfill(
            content_type="text/css", body=HOSTILE.replace("opacity: 0", "x: y")
        ),
    )
    sheet = '<link rel="stylesheet" href="/hostile.css">'
    chat = host(page, address, "<lumbar-chat></lumbar-chat>", sheet).open()
    expect(chat.ask(LASTS)).to_be_in_viewport()
    style = chat.answers.last.evaluate(
        "one => { const { fontSize, color, transform } = getComputedStyle(one); "
        "return [parseFloat(fontSize), color, transform] }"
    )
    assert style[0] >= 18
    assert style[1] != "rgb(0, 255, 0)"
    box = chat.panel.bounding_box()
    assert box["width"] > 300 and box["x"] > 600


def test_the_chat_does_not_break_the_page(page, address):
    looks = """() => { const style = getComputedStyle(document.querySelector('h1'));
      return [...style].map((name) => name + style[name]).join() }"""
    empty = {"body": "", "content_type": "text/javascript"}
    page.route("**/lumbar-chat.js", lambda route: route.fulfill(**empty))
    page.reload()
    before, names = page.evaluate(looks), page.evaluate("Object.keys(window).length")
    page.unroute_all()
    page.reload()
    Chat(page).open()
    assert page.evaluate(looks) == before
    assert page.evaluate("Object.keys(window).length") == names


def test_the_clinic_decides_on_title_greeting_place_size_and_colours(page, address):
    page.route(
        f"{address}/clinic.css",
        lambda route: route.fulfill(
            content_type="text/css",
            body="lumbar-chat { --lumbar-accent: rgb(90, 0, 60); "
            "--lumbar-background: rgb(255, 250, 240) }",
        ),
    )
    chat = host(
        page,
        address,
        '<lumbar-chat title="Ask our assistant" greeting="Good day. How can I help?" '
        'position="left" text-size="large"></lumbar-chat>',
        '<link rel="stylesheet" href="/clinic.css">',
    )
    expect(chat.launcher).to_have_text("Ask our assistant")
    chat.open()
    expect(chat.panel).to_have_accessible_name("Ask our assistant")
    expect(chat.answers.first).to_have_text("Good day. How can I help?")
    assert chat.panel.bounding_box()["x"] < 100
    assert chat.answers.first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 22
    colour = "one => getComputedStyle(one).backgroundColor"
    assert chat.panel.evaluate(colour) == "rgb(255, 250, 240)"
    assert chat.panel.get_by_role("button", name="Send").evaluate(colour) == "rgb(90, 0, 60)"


def test_an_answer_in_another_language_is_marked(chat):
    answer = chat.ask("¿cuánto tiempo dura el procedimiento?")
    expect(answer).to_have_attribute("lang", "es")
    expect(chat.ask(LASTS)).to_have_attribute("lang", "en")


def test_text_is_only_text_apart_from_bold_lists_and_safe_links(chat):
    reply_with(
        chat.page,
        {
            "text": "<img src=x onerror=alert(1)> **strong**\n- one\n- two\n"
            "[clinic](https://clinic.example) [call](tel:+15550100) [mail](mailto:a@b.example) "
            "[bad](javascript:alert`1`) [data](data:text/html,x) https://clinic.example/book."
        },
    )
    answer = chat.ask("<b>hello</b>")
    expect(answer).to_contain_text("<img src=x onerror=alert(1)>")
    expect(chat.log.locator(".you")).to_contain_text("<b>hello</b>")
    assert answer.locator("img").count() == 0
    assert answer.locator("b").all_inner_texts() == ["strong"]
    assert answer.get_by_role("listitem").all_inner_texts() == ["one", "two"]
    links = [one.get_attribute("href") for one in answer.get_by_role("link").all()]
    assert links == [
        "https://clinic.example",
        "tel:+15550100",
        "mailto:a@b.example",
        "https://clinic.example/book",
    ]
    expect(answer).to_contain_text("bad data")


def test_the_conversation_can_be_copied(chat, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask(LASTS)
    chat.choose("Copy the conversation")
    expect(chat.status).to_have_text("Copied.")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"You: {LASTS}\nLumbar: For most people")


def test_the_conversation_can_be_printed(chat):
    chat.ask(COMPARE)
    chat.page.evaluate(
        """() => { const add = Element.prototype.append;
        HTMLDialogElement.prototype.append = function (frame) {
          add.call(this, frame);
          const page = frame.contentWindow;
          page.print = () => { window.printed = page.document.body.innerText };
        } }"""
    )
    chat.choose("Print the conversation")
    printed = chat.page.evaluate("window.printed")
    assert COMPARE in printed
    assert "Traditional laminectomy" in printed


def test_the_standing_line_is_always_there(chat):
    line = chat.panel.get_by_text("no emergency service")
    expect(line).to_be_in_viewport()
    expect(line.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")


def test_the_chat_works_where_nothing_can_be_stored(page, address):
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('closed') } })"
    )
    page.reload()
    expect(Chat(page).open().ask(LASTS)).to_contain_text("five years or longer")


def test_what_another_script_left_in_the_storage_does_no_harm(page):
    for left in ("null", "{", '"text"', "{}", '{"items": 5}'):
        page.evaluate("left => sessionStorage.setItem('lumbar-chat', left)", left)
        page.reload()
        expect(Chat(page).launcher).to_be_visible()
    expect(Chat(page).open().ask(LASTS)).to_contain_text("five years or longer")


def test_another_website_may_show_the_widget(context, address):
    page = context.new_page()
    page.route(
        "https://clinic.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            headers={"Content-Security-Policy": f"default-src 'self' {address}"},
            body=f'<!doctype html><html lang="en"><title>Clinic</title><lumbar-chat></lumbar-chat>'
            f'<script src="{address}/lumbar-chat.js"></script></html>',
        ),
    )
    page.goto("https://clinic.example/")
    expect(Chat(page).open().ask(LASTS)).to_contain_text("five years or longer")
