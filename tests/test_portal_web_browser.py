"""The pages in a real browser: axe-core, reflow, keyboard, no JavaScript, and nobody else asked."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal.tables import letters
from tests.desk import SampleDesk, filled_desk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("CASEBRIDGE_LONG"),
        reason="CASEBRIDGE_LONG is not set: Chromium stops answering now and then, docs/next.md",
    ),
]

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # Nobody but our own origin is to be asked, by the browser itself neither.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
# wcag22aa by name: axe leaves target-size, its only rule of WCAG 2.2, off by default.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 256}},
    "forced": {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"},
}
LINK = "a new one-time link"
PAGES: dict[str, tuple[str | None, str]] = {
    "team": ("Olu Adeyemi", "/packages"),
    "team, second page": ("Olu Adeyemi", "/packages?page=2"),
    "for me": ("Dana Reyes", "/packages"),
    "nothing found": ("Dana Reyes", "/packages?find=99"),
    "nothing at all": ("Ada Oyelaran-Whitcombe", "/packages"),
    "filed in part": ("Dana Reyes", "/p/7KQ4-M2XD"),
    "held": ("Olu Adeyemi", "/p/9HXW-3T5R"),
    "held, unknown": ("Olu Adeyemi", "/p/4ZZ0-QF8B"),
    "hostile": ("Olu Adeyemi", "/p/BADB-AD00"),
    "checking": ("Olu Adeyemi", "/p/CHEC-K1NG"),
    "not filed": ("Olu Adeyemi", "/p/N0TF-11ED"),
    "copy": ("Olu Adeyemi", "/p/C0PY-0000"),
    "outbox": ("Olu Adeyemi", "/outbox"),
    "not there": ("Dana Reyes", "/p/0000-0000"),
    "sign in": (None, "/sign-in"),
    "link": (None, LINK),
    "link gone": (None, "/sign-in/never-was"),
}


@dataclass
class Served:
    """The sample pages on a port, a browser, and what every page of it asked for."""

    desk: SampleDesk
    origin: str
    chromium: Browser
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def context(self, name: str | None, **options: Any) -> BrowserContext:
        """Open a browser of its own, signed in by pressing the button of a link."""
        context = self.chromium.new_context(**options)
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on(
            "console",
            lambda said: self.complaints.append(said.text) if "Policy" in said.text else None,
        )
        if name is not None:
            page = context.new_page()
            page.goto(self.origin + self.desk.link(name))
            page.get_by_role("button", name=f"Sign in as {name}").click()
            assert page.url == f"{self.origin}/packages"
            page.close()
        return context

    def open(self, context: BrowserContext, path: str) -> Page:
        """Open a page."""
        page = context.new_page()
        page.goto(self.origin + (self.desk.link("Dana Reyes") if path == LINK else path))
        return page


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    desk = filled_desk(tmp_path_factory.mktemp("browser"))
    server = uvicorn.Server(uvicorn.Config(desk.app(), port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)  # a fault must not hold the run up
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=FLAGS,
        )
        yield Served(desk, f"http://127.0.0.1:{port}", chromium)
        chromium.close()
    server.should_exit = True
    thread.join()
    desk.database.close()


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.fail("axe-core is not installed: run npm ci")
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, axe: str) -> list[str]:
    """Run axe-core; it comes in through the debugger, so the content policy stays as it is."""
    page.evaluate(f"{axe};\nundefined")  # or the browser would send the whole of axe back
    # Begun and then waited for: a promise that evaluate itself awaits has no time limit.
    page.evaluate(
        """tags => void axe.run(document, {
            runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
        }).then(found => { window.axeFound = found; })""",
        TAGS,
    )
    page.wait_for_function("() => window.axeFound !== undefined", timeout=60_000)
    found = page.evaluate("window.axeFound")
    assert found["passes"], "axe has looked at something"
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_in_every_state(served: Served, axe: str, look: str) -> None:
    contexts: dict[str | None, BrowserContext] = {}
    wrong: dict[str, list[str]] = {}
    for name, (who, path) in PAGES.items():
        if who not in contexts:
            contexts[who] = served.context(who, **LOOKS[look])
        page = served.open(contexts[who], path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = violations(page, axe)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("the page scrolls sideways")
        if page.locator("h1").count() != 1:
            found.append("there must be one h1")
        if found:
            wrong[name] = found
        page.close()
    for context in contexts.values():
        context.close()
    assert wrong == {}


def test_only_our_own_origin_is_ever_asked_and_the_policy_is_never_broken(served: Served) -> None:
    context = served.context("Olu Adeyemi")
    for path in ("/packages", "/p/7KQ4-M2XD", "/p/BADB-AD00", "/outbox", "/nowhere"):
        served.open(context, path).wait_for_load_state("networkidle")
    context.close()
    assert len(served.asked) > 10
    assert {url for url in served.asked if not url.startswith(served.origin + "/")} == set()
    assert served.complaints == []


def test_the_whole_journey_with_keyboard_alone_and_without_javascript(served: Served) -> None:
    context = served.chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.origin + served.desk.link("Dana Reyes"))
    _tab_to(page, "Sign in as Dana Reyes")
    page.keyboard.press("Enter")
    page.wait_for_url("**/packages")
    _tab_to(page, "7KQ4-M2XD")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/7KQ4-M2XD")
    _tab_to(page, "Read the whole message")
    page.keyboard.press("Enter")
    assert page.get_by_text("Kind regards").is_visible()
    _tab_to(page, "Download all (zip)")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "7KQ4-M2XD.zip"
    _tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in")
    context.close()


def _tab_to(page: Page, text: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip().startswith(text):
            return
    pytest.fail(f"the Tab key does not reach {text!r}")


@pytest.mark.parametrize("look", ["wide", "narrow"])
@pytest.mark.parametrize("name", ["team", "filed in part", "outbox", "link"])
def test_focus_is_seen_and_goes_in_reading_order(served: Served, name: str, look: str) -> None:
    who, path = PAGES[name]
    context = served.context(who, **LOOKS[look])
    page = served.open(context, path)
    order: list[int] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        at = page.evaluate(_LOOK_AT_FOCUS)
        if at is None:
            break
        assert at["outline"] >= 3, at
        assert at["onTop"], at
        order.append(at["place"])
    assert len(order) >= 3
    assert order == sorted(order)
    context.close()


_LOOK_AT_FOCUS = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  // The ring of a row stands on what its link spreads over the row.
  const rings = [getComputedStyle(one), getComputedStyle(one, '::after')];
  const drawn = rings.filter(style => style.outlineStyle !== 'none');
  const widths = drawn.map(style => parseFloat(style.outlineWidth));
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    html: one.outerHTML.slice(0, 120),
    outline: Math.max(0, ...widths),
    onTop: top !== null && (one.contains(top) || top.contains(one)),
    place: [...document.querySelectorAll('*')].indexOf(one),
  };
}"""


@pytest.mark.parametrize("look", ["wide", "narrow"])
def test_targets_are_large_enough(served: Served, look: str) -> None:
    for name in ("team", "filed in part", "outbox", "link"):
        who, path = PAGES[name]
        context = served.context(who, **LOOKS[look])
        page = served.open(context, path)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, select, input, summary')]
                .filter(one => one.type !== 'hidden' && !one.matches('.skip'))
                .map(one => [one, one.getBoundingClientRect()])
                .filter(([one, box]) => box.height > 0 && !one.closest('p.standing, .standing p'))
                .filter(([one, box]) => {
                  const main = one.matches('button, .button, select, input, summary, nav a');
                  return box.height < (main ? 44 : 24) || box.width < 24;
                })
                .map(([one, box]) => [one.outerHTML.slice(0, 90), box.width, box.height])"""
        )
        assert small == [], name
        context.close()


def test_text_of_twice_the_size_and_wider_spacing_needs_no_scrolling_sideways(
    served: Served,
) -> None:
    for name in ("team", "filed in part", "hostile", "outbox"):
        who, path = PAGES[name]
        context = served.context(who, viewport={"width": 640, "height": 800})
        page = served.open(context, path)
        page.evaluate(
            """() => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(`html { font-size: 200% }
                * { line-height: 1.5 !important; letter-spacing: 0.12em !important;
                    word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
              document.adoptedStyleSheets = [sheet];
            }"""
        )
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
        context.close()


def test_a_letter_being_checked_is_shown_filed_without_a_reload(served: Served) -> None:
    context = served.context("Olu Adeyemi")
    page = served.open(context, "/packages?show=all")
    page.evaluate("window.sameDocument = true")
    row = page.locator("tr", has_text="CHEC-K1NG")
    assert "Checking the files" in row.inner_text()

    def move(state: str) -> None:
        with served.desk.database.write() as connection:
            connection.execute(
                sa.update(letters).where(letters.c.receipt == "CHECK1NG").values(state=state)
            )

    move("not_filed")
    row.get_by_text("Not filed").wait_for()
    assert page.locator("#said").inner_text() == "Every file has been checked."
    assert page.evaluate("window.sameDocument")
    move("checking")
    context.close()


def test_a_new_tab_shows_the_pdf_and_cannot_reach_the_page_that_opened_it(served: Served) -> None:
    context = served.context("Dana Reyes")
    page = served.open(context, "/p/7KQ4-M2XD")
    link = page.get_by_role("link", name="View PDF of Smith deposition 2 (final).pdf")
    assert "opens in a new tab" in link.inner_text() + (link.text_content() or "")
    assert link.get_attribute("rel") == "noopener"
    answer = context.request.get(served.origin + (link.get_attribute("href") or ""))
    assert answer.headers["content-disposition"].startswith("inline")
    context.close()
