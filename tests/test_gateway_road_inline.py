"""Inline: the message that a text passes on, in the lines that mail programs write over it."""

from __future__ import annotations

import pytest

from config.forwards import rules
from gateway.road.inline import Inner, inner_of

BLOCK = (
    "From: Pat Hall <pat@baker.example>\nSent: Monday, May 5, 2025 10:00 AM\n"
    "To: Dana Reyes <dana@mutual.example>\nSubject: Records\n\nDear Dana,\nhere they are."
)


def of(text: str) -> Inner:
    found = inner_of(text, rules())
    assert found is not None
    return found


def test_outlook_writes_the_lines_alone() -> None:
    found = of(f"Please file.\n\n________________________________\n{BLOCK}")
    assert (found.note, found.sender, found.is_marked) == (
        "Please file.",
        "pat@baker.example",
        False,
    )
    assert (found.fields["subject"], found.text) == ("Records", "Dear Dana,\nhere they are.")
    assert found.fields["date"] == "Monday, May 5, 2025 10:00 AM"


@pytest.mark.parametrize(
    "above",
    [
        "---------- Forwarded message ---------\n",
        "-------- Forwarded Message --------\n",
        "-------- Weitergeleitete Nachricht --------\n",
        "Begin forwarded message:\n\n",
        "Anfang der weitergeleiteten Nachricht:\n\n",
    ],
)
def test_others_say_above_them_what_follows(above: str) -> None:
    assert of(above + BLOCK).is_marked
    assert of(above + BLOCK.replace("Sent:", "Date:")).sender == "pat@baker.example"


@pytest.mark.parametrize(
    "written",
    [
        "Pat Hall <pat@baker.example<mailto:pat@baker.example>>",
        "Pat Hall [mailto:pat@baker.example]",
        "*Pat Hall* <PAT@baker.example>",
        "'Pat Hall' <pat@baker.example>",
        "Pat Hall (pat@baker.example)",
        "pat@baker.example",
        "Pat Hall\n<pat@baker.example>",
    ],
)
def test_the_sender_is_read_as_programs_write_it(written: str) -> None:
    assert of(BLOCK.replace("Pat Hall <pat@baker.example>", written)).sender == "pat@baker.example"


@pytest.mark.parametrize(
    "written",
    [
        "Pat Hall",
        "pat@baker.example <eve@nowhere.example>",
        "eve@nowhere.example on behalf of Pat Hall <pat@baker.example>",
        "Pat Hall <pat@>",
        "Pat <pät@baker.example>",
    ],
)
def test_whoever_can_be_read_in_two_ways_is_nobody(written: str) -> None:
    assert of(BLOCK.replace("Pat Hall <pat@baker.example>", written)).sender is None


def test_recipients_over_several_lines_are_one_field() -> None:
    text = BLOCK.replace(
        "<dana@mutual.example>", "<dana@mutual.example>;\nLee <lee@mutual.example>"
    )
    assert of(text).fields["to"].endswith("; Lee <lee@mutual.example>")


def test_each_line_may_be_a_paragraph_and_the_first_words_are_no_field() -> None:
    text = BLOCK.replace("\nSent", "\n\nSent").replace("\nTo", "\n\nTo").replace("\nSub", "\n\nSub")
    assert of(text).text == "Dear Dana,\nhere they are."
    straight = of(BLOCK.replace("Records\n\n", "Records\n"))
    assert (straight.fields["subject"], straight.text[:5]) == ("Records", "Dear ")


def test_what_is_quoted_as_a_whole_is_as_it_was() -> None:
    quoted = "".join(f"> {line}\n" for line in (BLOCK + "\n> older").split("\n"))
    found = of(f"Begin forwarded message:\n\n{quoted}")
    assert found.text == "Dear Dana,\nhere they are.\n> older"


def test_the_first_message_of_a_chain_counts() -> None:
    older = BLOCK.replace("pat@baker", "old@baker").replace("Records", "Older")
    found = of(f"{BLOCK}\n\n{older}")
    assert (found.sender, found.fields["subject"]) == ("pat@baker.example", "Records")
    assert "old@baker" in found.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear Dana,\n\nhere they are.",
        "From: here\nTo: there",
        f"On Mon, 5 May 2025 at 10:00 Lee <lee@x.example> wrote:\n\n{BLOCK}",
        f"-----Original Message-----\nYes, I agree.\n\n{BLOCK}",
        "-------- Forwarded Message --------\nSubject: \tFoo\nDate: \tFri\n\nno sender",
        "Subject: a\nDate: b\nTo: c\n\nno sender",
    ],
)
def test_whatever_else_is_no_message_that_is_passed_on(text: str) -> None:
    assert inner_of(text, rules()) is None


@pytest.mark.parametrize("unit", ["From: a\n", "> From: a\n", "> ", "-", "From", "\n", "To: a,\n"])
def test_a_text_of_the_same_again_and_again_is_read_in_one_go(unit: str) -> None:
    inner_of(unit * (400_000 // len(unit)), rules())
