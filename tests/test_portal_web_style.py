"""The style sheet by arithmetic: contrast of every pair of colours that is used (WCAG 2.2, 1.4.3
and 1.4.11), and nothing that loads from elsewhere."""

from __future__ import annotations

import re

import pytest

from portal.web.pages import TEMPLATES
from portal.web.static_files import FOLDER

CSS = (FOLDER / "casebridge.css").read_text(encoding="utf-8")
SURFACES = ("paper", "card")
TONES = ("good", "wait", "bad", "calm")

# Foreground and background of every text there is.
TEXT = [
    *((ink, on) for ink in ("ink", "soft", "link", "wait", "good") for on in SURFACES),
    *((tone, f"{tone}-back") for tone in TONES),
    ("press-ink", "press"),
    # A row of the list under the pointer, and the view that is chosen.
    *((ink, "calm-back") for ink in ("ink", "link", "calm", "good")),
]
# Borders of controls and of what they part, and the focus ring, beside what they stand on.
EDGES = [
    *((edge, on) for edge in ("line", "focus", "link", "good", "wait", "bad") for on in SURFACES),
    ("focus", "calm-back"),
]


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT = tokens(CSS.split("@media", 1)[0])
DARK = LIGHT | tokens(CSS.split("@media (prefers-color-scheme: dark)", 1)[1].split("}", 1)[0])


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_arithmetic_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "on"), TEXT)
def test_text_has_contrast(scheme: dict[str, str], ink: str, on: str) -> None:
    assert contrast(scheme[ink], scheme[on]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "on"), EDGES)
def test_borders_and_focus_have_contrast(scheme: dict[str, str], edge: str, on: str) -> None:
    assert contrast(scheme[edge], scheme[on]) >= 3


def test_every_token_of_light_has_one_for_dark() -> None:
    assert set(tokens(CSS.split("dark)", 1)[1].split("}", 1)[0])) == set(LIGHT)


def test_every_colour_is_a_token() -> None:
    rules = CSS.split("box-sizing", 1)[1]
    assert not re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", rules)


def test_nothing_is_loaded_from_elsewhere() -> None:
    ours = [file for file in FOLDER.iterdir() if file.is_file()]  # beside what npm has brought
    for file in (*TEMPLATES.iterdir(), *ours):
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?:https?:)?//[a-z0-9]", text.replace("// ", "")), file.name
    assert "@import" not in CSS


def test_no_template_holds_a_script_or_a_style_of_its_own() -> None:
    for file in TEMPLATES.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=\"/static/)", text), (
            file.name
        )
        assert "|safe" not in text


def test_every_form_that_posts_brings_its_token_back() -> None:
    for file in TEMPLATES.iterdir():
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", file.read_text(), re.DOTALL):
            assert 'name="csrf"' in form, file.name
