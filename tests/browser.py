"""A real Chromium, the looks that every page is shown in, and an end to waiting for it."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import greenlet
import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium-headless-shell"
_LAST_SECONDS = 15
FLAGS = [
    "--disable-gpu",
    # Chromium itself looks for updates and accounts, whatever it is told: it finds no such host.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 256}},
    "forced": {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"},
}


_LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
# A journey is made in the look that has the least room, since buttons are pressed in each;
# CASEBRIDGE_LONG=1 makes it in every one.
JOURNEYS = tuple(LOOKS) if _LONG else ("narrow",)


def looks_for(number: int) -> tuple[str, ...]:
    """Return the looks in which one of many pages is seen: one in turn; the long run has all."""
    return tuple(LOOKS) if _LONG else (tuple(LOOKS)[number % len(LOOKS)],)


def turn_to(page: Page, look: str) -> None:
    """Show the page that is open in another look. No script of ours asks about its window."""
    given = LOOKS[look]
    page.set_viewport_size(given["viewport"])
    page.emulate_media(
        color_scheme=given.get("color_scheme", "light"),
        forced_colors=given.get("forced_colors", "none"),
    )


@dataclass
class Chromium:
    """A browser that starts when it is first needed, and again after it had to be killed."""

    kind: BrowserType
    running: Browser | None = None
    pid: int | None = None

    def window(self, **options: Any) -> BrowserContext:
        """Open a window with cookies of its own; `options` are Playwright's, see `LOOKS`.

        Close the window, not a page in it: a page that is told to close while its next document
        arrives may stay open without a word, and Playwright waits for it for ever
        (crbug.com/536385539). A page that has finished loading closes as it should.
        """
        if self.running is None or not self.running.is_connected():
            self.running = self.kind.launch(executable_path=CHROMIUM, args=FLAGS)
            asked = self.running.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
            (self.pid,) = (one["id"] for one in asked["processInfo"] if one["type"] == "browser")
        return self.running.new_context(**options)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound what follows: many of Playwright's calls have no time limit of their own.

        When the time is up Chromium is killed, which ends the call that waits for it, and the
        test fails with the place where it waited. Where that does not end it, as when Chromium
        never came up, Playwright's own process is killed: then nothing goes on, but nothing waits.
        What is still open at the end is closed.
        """
        test = greenlet.getcurrent()  # while a call waits, another greenlet runs on this thread
        waited_at: list[str] = []
        ended = threading.Event()

        def end() -> None:
            if ended.wait(seconds):
                return
            waited_at.extend(traceback.format_stack(test.gr_frame))
            if self.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            if not ended.wait(_LAST_SECONDS):
                for pid in _drivers():
                    os.kill(pid, signal.SIGKILL)

        threading.Thread(target=end, daemon=True).start()
        try:
            yield
            for window in self.running.contexts if self.running else ():
                window.close()
        except Error:
            if not waited_at:
                raise
        finally:
            ended.set()
        if waited_at:
            pytest.fail(f"not done within {seconds} s, at\n{''.join(waited_at)}", pytrace=False)


def _drivers() -> Iterator[int]:
    """Find Playwright's own process among our children."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if b"run-driver" in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield int(pid)


@contextmanager
def started() -> Iterator[Chromium]:
    """Run Playwright; while it runs, nothing else may run an event loop on this thread."""
    with sync_playwright() as playwright:
        chromium = Chromium(playwright.chromium)
        yield chromium
        if chromium.running is not None:
            with chromium.within(60):
                chromium.running.close()
