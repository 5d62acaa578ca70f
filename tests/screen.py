"""The sample pages on a screen: served, shown by Chromium, with somebody signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

from tests.browser import Chromium
from tests.desk import SampleDesk


@dataclass
class Screen:
    """A desk that is served, a browser, and what every page in it asked for."""

    desk: SampleDesk
    chromium: Chromium
    origin: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def asked_elsewhere(self) -> list[str]:
        """Every address asked for that is not ours."""
        return [url for url in self.asked if not url.startswith(f"{self.origin}/")]

    def page(self, name: str | None = None, **options: Any) -> Page:
        """Open a window with an empty page; sign somebody in first, by pressing the button.

        Paths are relative to the desk: `page.goto("/packages")`.
        """
        window = self.chromium.window(base_url=self.origin, **options)
        self._listen(window)
        page = window.new_page()
        if name is not None:
            page.goto(self.desk.link(name))
            page.get_by_role("button", name=f"Sign in as {name}").click()
            page.wait_for_url(f"{self.origin}/packages")
        return page

    def _listen(self, window: BrowserContext) -> None:
        def asked(request: Request) -> None:
            self.asked.append(request.url)

        def failed(error: WebError) -> None:
            self.complaints.append(str(error.error))

        def said(message: ConsoleMessage) -> None:
            if "Policy" in message.text:
                self.complaints.append(message.text)

        window.on("request", asked)
        window.on("weberror", failed)
        window.on("console", said)
