"""The widget in a browser, by what a visitor sees of it."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass
class Chat:
    page: Page

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your question")

    @property
    def status(self) -> Locator:
        return self.panel.get_by_role("status")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("lumbar-chat .launch")

    @property
    def answers(self) -> Locator:
        return self.log.locator(".bot")

    def open(self) -> "Chat":
        self.launcher.click()
        expect(self.suggestions.first).to_be_visible()
        return self

    @property
    def suggestions(self) -> Locator:
        return self.log.get_by_role("group", name="Suggested questions").get_by_role("button")

    def type(self, text: str) -> "Chat":
        self.field.fill(text)
        self.panel.get_by_role("button", name="Send").click()
        return self

    def ask(self, text: str) -> Locator:
        """Return the answer."""
        before = self.answers.count()
        self.type(text)
        expect(self.answers).to_have_count(before + 1)
        return self.answers.last

    def choose(self, option: str) -> None:
        self.panel.get_by_text("Options").click()
        self.panel.get_by_role("button", name=option).click()
