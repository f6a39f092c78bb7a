"""axe finds nothing to complain about, whatever the widget shows."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from chat import Chat
from playwright.sync_api import expect
from test_browser import COMPARE, EMERGENCY, LASTS, host

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def violations(page):
    found = Axe().run(page, options={"runOnly": list(RULES)}).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def closed(chat, context):
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()


def greeting(chat, context):
    expect(chat.suggestions.first).to_be_visible()


def menu(chat, context):
    chat.panel.get_by_text("Options").click()


def answered(chat, context):
    chat.ask(LASTS)
    chat.log.get_by_text("Sources").click()
    chat.log.get_by_role("button", name="Helpful", exact=True).click()
    expect(chat.status).to_have_text("Thank you.")


def compared(chat, context):
    chat.ask(COMPARE)


def alarmed(chat, context):
    chat.ask(EMERGENCY)


def writing(chat, context):
    chat.page.route("**/api/messages", lambda route: None)
    chat.type(LASTS)
    expect(chat.status).to_have_text("Lumbar is writing")


def offline(chat, context):
    context.set_offline(True)
    chat.type(LASTS)
    expect(chat.status).to_contain_text("You are offline")


def apologised(chat, context):
    body = {"code": "failed", "message": "I am sorry, something went wrong."}
    chat.page.route("**/api/messages", lambda route: route.fulfill(status=500, json=body))
    chat.ask(LASTS)


def in_spanish(chat, context):
    chat.ask("¿cuánto tiempo dura el procedimiento?")


def enlarged(chat, context):
    chat.ask(COMPARE)
    chat.choose("Larger text")
    chat.panel.get_by_text("Options").click()


STATES = (
    *(closed, greeting, menu, answered, compared, alarmed, writing, offline, apologised),
    *(in_spanish, enlarged),
)


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__)
def test_axe_is_content(chat, context, state):
    state(chat, context)
    assert violations(chat.page) == []
    chat.page.emulate_media(color_scheme="dark")
    assert violations(chat.page) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize(
    "media",
    [{}, {"forced_colors": "active"}, {"color_scheme": "dark", "contrast": "more"}],
    ids=str,
)
def test_axe_is_content_on_every_screen(page, width, media):
    page.emulate_media(**media)
    page.set_viewport_size({"width": width, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    chat = Chat(page).open()
    chat.ask(COMPARE)
    chat.ask(EMERGENCY)
    assert violations(page) == []


def test_axe_is_content_with_a_page_that_is_not_ours(page, address):
    chat = host(page, address, "<lumbar-chat></lumbar-chat>").open()
    chat.ask(LASTS)
    assert violations(page) == []


def test_forced_colours_leave_every_bubble_and_button_an_edge(page):
    page.emulate_media(forced_colors="active")
    chat = Chat(page).open()
    chat.ask(LASTS)
    send = chat.panel.get_by_role("button", name="Send")
    for one in (chat.answers.last, chat.log.locator(".you"), send, chat.suggestions.first):
        assert one.evaluate("one => parseFloat(getComputedStyle(one).borderTopWidth)") >= 1
