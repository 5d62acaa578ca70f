"""The pages of a sender on a slow line: how much comes, in how many requests, and when they paint.

Each load is a browser that has never been here: nothing is kept from the one before.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from playwright.sync_api import BrowserContext, FilePayload

from bench.rounds import Figure, interleaved, print_table
from tests.browser import Chromium, started
from tests.desk import SampleDesk, filled_desk
from tests.filling_in import PAT, code_of

_BARE = "bare"  # an answer of the same server that is two words and asks for nothing else

_FIRST_PAINT = """() => new Promise((found) => {
    new PerformanceObserver((seen) => {
        const first = seen.getEntriesByName("first-contentful-paint")[0];
        if (first) found(first.startTime);
    }).observe({ type: "paint", buffered: true });
})"""


@dataclass(frozen=True)
class _Line:
    """A throttled line as Chromium's own tools know it. The delay is that of a round trip."""

    name: str
    delay_ms: int
    bits_a_second: int
    paints_within_ms: int  # our budget

    def throttle(self, window: BrowserContext, page: Any) -> Any:
        """Put a page on this line, and return the session that hears what comes over it."""
        heard = window.new_cdp_session(page)
        heard.send("Network.enable")
        octets = self.bits_a_second // 8
        heard.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": self.delay_ms,
                "downloadThroughput": octets,
                "uploadThroughput": octets,
            },
        )
        return heard


# The page and its style sheet take two round trips and some; a person waits three seconds at most.
_LINES = (_Line("slow", 400, 400_000, 3000), _Line("fast 3G", 150, 1_600_000, 1500))
# Half of it is the client that lets an upload go on where it stopped.
_MOST_KILOBYTES = {"/send empty": 60, "/send draft": 60, "/send/check": 20, "/p/receipt": 20}
# The page, its style sheet and scripts, and the icon: once in the page and once for the tab.
_MOST_REQUESTS = {"/send empty": 6, "/send draft": 6, "/send/check": 4, "/p/receipt": 5}


@dataclass
class _Page:
    """A page, the cookies it is opened with, and what came at the last load."""

    path: str
    cookies: Any = None
    octets: int = 0
    requests: list[str] = field(default_factory=list)


def of_a_sender() -> list[Figure]:
    """The pages of a sender by a cold browser: KB, requests, and first paint on two slow lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name,
        started() as chromium,
    ):
        desk = filled_desk(Path(name))
        with desk.serving() as origin:
            pages = _pages(desk, chromium, origin)
            runners: dict[str, Callable[[], float]] = {
                f"{line.name} {name}": partial(_paint, chromium, origin, page, line)
                for line in _LINES
                for name, page in pages.items()
            }
            rounds = interleaved(runners)
        desk.database.close()
    for line in _LINES:
        print_table("first contentful paint", "ms", rounds, f"{line.name} {_BARE}")
    figures = []
    for name, most in _MOST_KILOBYTES.items():
        page = pages[name]
        print(f"{name}: {len(page.requests)} requests, {', '.join(page.requests)}")
        kilobytes, requests = page.octets / 1000, len(page.requests)
        figures += [
            Figure(f"{name}: transferred", kilobytes, "KB", most, at_least=False),
            Figure(f"{name}: requests", requests, "", _MOST_REQUESTS[name], at_least=False),
        ]
        for line in _LINES:
            value = rounds.median(f"{line.name} {name}")
            bare = rounds.median(f"{line.name} {_BARE}")
            figures.append(
                Figure(
                    f"{name}: first paint, {line.delay_ms} ms and {line.bits_a_second // 1000}"
                    " kbit/s",
                    value,
                    "ms",
                    line.paints_within_ms,
                    at_least=False,
                    note=f"(bare page: {bare:.0f})" if bare else "",
                )
            )
    return figures


def _pages(desk: SampleDesk, chromium: Chromium, origin: str) -> dict[str, _Page]:
    """Fill in the form as a person does, and keep the cookies of each step."""
    drafted = _filled_in(chromium, origin)
    window = _filled_in(chromium, origin)
    page = window.pages[0]
    page.goto("/send/check")
    page.get_by_role("button", name="Send 2 documents").click()
    page.get_by_role("button", name="Send me the code").click()
    page.get_by_role("textbox", name="Code").fill(code_of(desk.database))
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/send/done")
    receipt = page.locator('a[href*="/p/"]').first.get_attribute("href") or ""
    cookies = drafted.storage_state()
    pages = {
        _BARE: _Page("/healthz"),
        "/send empty": _Page("/send"),
        "/send draft": _Page("/send", cookies),
        "/send/check": _Page("/send/check", cookies),
        "/p/receipt": _Page(receipt, window.storage_state()),
    }
    drafted.close()
    window.close()
    return pages


def _filled_in(chromium: Chromium, origin: str) -> BrowserContext:
    window = chromium.window(base_url=origin)
    page = window.new_page()
    page.goto("/send")
    page.get_by_label("Case number", exact=True).fill(PAT["case"])
    page.get_by_label("Your name").fill(PAT["name"])
    page.get_by_label("Your email address").fill(PAT["email"])
    page.get_by_role("textbox", name="Message").fill(PAT["message"])
    page.locator("#files").set_input_files([_file("records.pdf"), _file("bill.pdf")])
    page.get_by_text("Will be filed as bill.pdf").wait_for()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/send/check")
    return window


def _paint(chromium: Chromium, origin: str, page: _Page, line: _Line) -> float:
    """Load a page cold, and return when it first painted anything, in milliseconds."""
    window = chromium.window(base_url=origin, storage_state=page.cookies)
    tab = window.new_page()
    heard = line.throttle(window, tab)
    octets: list[int] = []
    requests: list[str] = []
    heard.on("Network.requestWillBeSent", lambda said: requests.append(said["request"]["url"]))
    heard.on("Network.loadingFinished", lambda said: octets.append(said["encodedDataLength"]))
    tab.goto(page.path, wait_until="networkidle")
    at = float(tab.evaluate(_FIRST_PAINT))
    # It went where it was to: a draft that is gone would lead elsewhere.
    assert tab.url.endswith(page.path), tab.url
    page.octets = sum(octets)
    # Chromium reports its own small pictures of controls as well, which come over no line.
    page.requests = [urlsplit(url).path for url in requests if url.startswith(origin)]
    window.close()
    return at


def _file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7" + b"x" * 100_000}
