"""One person at one browser: what they open, fill and press, and what went wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

Name = str | re.Pattern[str]
WAIT_MS = 30_000
WIDE, NARROW = (1440, 900), (390, 844)
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
REFUSED = re.compile(r"Failed to load resource.*status of 4\d\d")
expect.set_options(timeout=WAIT_MS)


@dataclass
class Desk:
    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    @classmethod
    def opened(
        cls,
        browser: Browser,
        base: str,
        *,
        size: tuple[int, int] = WIDE,
        theme: str = "light",
        cookies: list[dict[str, Any]] | None = None,
    ) -> Desk:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            base_url=base,
        )
        context.set_default_timeout(WAIT_MS)
        if cookies:
            context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        desk = cls(page, base)
        page.on("console", desk._hear)
        page.on("pageerror", lambda error: desk.problems.append(f"error: {error}"))
        return desk

    def _hear(self, line: ConsoleMessage) -> None:
        """Errors count, but for refusals and live checks that a later one replaced."""
        at = line.location["url"].partition("#")[0]
        is_refusal = REFUSED.search(line.text) and at == self.page.url.partition("#")[0]
        breaks_policy = "Content Security Policy" in line.text
        is_expected = is_refusal or line.text.startswith(REPLACED)
        if breaks_policy or (line.type == "error" and not is_expected):
            self.problems.append(f"{line.type} on {self.page.url}: {line.text} ({at})")

    def open(self, path: str) -> Response | None:
        return self.page.goto(path, wait_until="load")

    def sign_in(self, username: str, password: str) -> Desk:
        self.open("/accounts/login/")
        self.fill("Username", username)
        self.fill("Password", password)
        self.press("Sign in")
        expect(self.page.get_by_role("search")).to_be_visible()
        return self

    def fill(self, label: str, value: str, *, within: Locator | None = None) -> None:
        self._labelled(label, within).fill(value)

    def choose(self, label: str, option: str, *, within: Locator | None = None) -> None:
        self._labelled(label, within).select_option(label=option)

    def _labelled(self, label: str, within: Locator | None) -> Locator:
        wanted = re.compile(rf"^\s*{re.escape(label)}(\s+optional)?\s*$")
        return (within or self.page).get_by_label(wanted)

    def answer(
        self, question: str, *answers: str, within: Locator | None = None
    ) -> None:
        """Tick radios or boxes of the group that asks the question."""
        group = (within or self.page).get_by_role("group", name=question)
        for text in answers:
            group.get_by_label(text, exact=True).check()

    def press(self, name: Name, *, within: Locator | None = None) -> None:
        place, exact = within or self.page, isinstance(name, str)
        place.get_by_role("button", name=name, exact=exact).first.click()

    def follow(self, name: Name) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def sees(self, text: Name) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def card(self, title: str) -> Locator:
        """By its heading, with or without its number and count."""
        name = re.compile(rf"^\d*\s*{re.escape(title)}\s*\d*$")
        heading = self.page.get_by_role("heading", name=name)
        return self.page.locator(".card").filter(has=heading).last

    def look(self, size: tuple[int, int], theme: Literal["light", "dark"]) -> None:
        """Another window and appearance, with the page as it is."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        script = "() => document.documentElement.scrollWidth - window.innerWidth"
        return int(self.page.evaluate(script))
