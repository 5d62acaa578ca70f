r"""The dialogue files: what a client says and what the door must answer, over a live door.

`C:` lines are sent with CRLF behind them, consecutive ones in one packet; \xNN, \r, \n and \0 stand
for bytes. Each `S:` line must begin one line of the reply; `S: closed` is the end of the
connection. Nothing else may come.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from config.problems import catalogue
from config.settings import Settings
from gateway.address import OurAddresses
from gateway.smtp.dialogue import Dialogue, Then
from tests.live_door import Client, open_door

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


def turns(file: Path) -> list[tuple[str, list[str]]]:
    lines = [
        (line[:2], line[3:])
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(("C:", "S:"))
    ]
    return [
        (side, [text for _, text in group])
        for side, group in itertools.groupby(lines, key=lambda line: line[0])
    ]


def wire(line: str) -> bytes:
    return line.encode().decode("unicode_escape").encode("latin-1") + b"\r\n"


def hear(client: Client, expected: str) -> None:
    line = client.line()
    if expected == "closed":
        assert line == ""
    else:
        assert line.startswith(expected)


@pytest.mark.parametrize("file", DIALOGUES, ids=lambda file: file.stem)
def test_dialogue(file: Path, settings: Settings) -> None:
    with open_door(settings) as live, live.client() as client:
        for side, lines in turns(file):
            if side == "C:":
                client.say(b"".join(wire(line) for line in lines))
            else:
                for line in lines:
                    hear(client, line)
        assert client.rest() == b""


def test_there_are_dialogues() -> None:
    assert len(DIALOGUES) >= 10


def dialogue(free: int = 10**12, **intake: int) -> Dialogue:
    settings = Settings()
    settings = settings.model_copy(update={"intake": settings.intake.model_copy(update=intake)})
    ours = OurAddresses(settings.intake.address, settings.cases.pattern)
    talk = Dialogue(settings, ours, lambda: free)
    talk.answer(b"EHLO client.example\r\n")
    return talk


def test_a_thousand_recipients() -> None:
    talk = dialogue(max_recipients=100)
    talk.answer(b"MAIL FROM:<pat@smithdefence.example>\r\n")
    codes = [
        talk.answer(b"RCPT TO:<%02d-%06d@casebridge.example>\r\n" % (24, number)).text[:9]
        for number in range(1000)
    ]
    assert codes == ["250 2.1.5"] * 100 + ["452 4.5.3"] * 900
    # One that is there already takes no room, and says so.
    assert talk.answer(b"RCPT TO:<24-000000@casebridge.example>\r\n").text.startswith("250 ")
    assert len(talk.recipients) == 100


def test_one_recipient_named_without_end() -> None:
    talk = dialogue(max_recipients=100)
    talk.answer(b"MAIL FROM:<pat@smithdefence.example>\r\n")
    said = [talk.answer(b"RCPT TO:<claims@casebridge.example>\r\n").text[:3] for _ in range(1500)]
    assert said == ["250"] * 1000 + ["452"] * 500
    assert talk.recipients == ["claims@casebridge.example"]


@pytest.mark.parametrize("commands", [[b"NOOP"], [b"RSET"], [b"MAIL FROM:<a@b.example>", b"RSET"]])
def test_commands_without_end_and_without_a_message(commands: list[bytes]) -> None:
    talk = dialogue()
    said = [talk.answer(commands[turn % len(commands)] + b"\r\n") for turn in range(2000)]
    assert {one.text[:3] for one in said[:1999]} == {"250"}
    assert said[-1].text.startswith("421 4.7.0 ")
    assert said[-1].then is Then.CLOSE


def test_each_message_has_its_own_commands() -> None:
    talk = dialogue()
    for _ in range(3000):  # smtp-source and its like go on for ever
        for command in (b"MAIL FROM:<a@b.example>", b"RCPT TO:<claims@casebridge.example>"):
            assert talk.answer(command + b"\r\n").text.startswith("250 ")
        assert talk.answer(b"DATA\r\n").then is Then.TAKE_DATA
        talk.reset()


def test_the_envelope_is_kept_in_canonical_form() -> None:
    talk = dialogue()
    talk.answer(b'mail from:<@relay.example:"Pat"@SmithDefence.Example>\r\n')
    talk.answer(b"rcpt to:<Claims+24-001234@CASEBRIDGE.example>\r\n")
    talk.answer(b'rcpt to:<"claims+24-001234"@casebridge.example>\r\n')
    assert talk.sender == "pat@smithdefence.example"
    assert talk.recipients == ["claims+24-001234@casebridge.example"]


def test_little_space_is_told_at_mail() -> None:
    talk = dialogue(free=-1)
    assert talk.answer(b"MAIL FROM:<pat@smithdefence.example>\r\n").text.startswith("452 4.3.1")
    assert talk.answer(b"RCPT TO:<claims@casebridge.example>\r\n").text.startswith("503")


def test_an_announced_size_that_does_not_fit_the_disk_is_told_at_mail() -> None:
    talk = dialogue(free=1000)
    refused = talk.answer(b"MAIL FROM:<pat@smithdefence.example> SIZE=1001\r\n")
    assert refused.text.startswith("452 4.3.1")
    taken = talk.answer(b"MAIL FROM:<pat@smithdefence.example> SIZE=1000\r\n")
    assert taken.text.startswith("250")


def test_every_refusal_is_a_row_of_the_catalogue() -> None:
    said = [
        dialogue().answer(line).text
        for line in (
            b"WHAT\r\n",
            b"",
            b"NOOP\n",
            b"BDAT 1 LAST\r\n",
            b"DATA\r\n",
            b"MAIL FROM:<pat>\r\n",
            b"MAIL FROM:<pat@x.example> WHAT=1\r\n",
            b"MAIL FROM:<pat@x.example> SIZE=999999999999\r\n",
        )
    ]
    starts = {row.smtp.partition("{")[0] for row in catalogue().values() if row.smtp}
    for text in said:
        assert any(text.startswith(start) for start in starts), text


def test_a_reply_is_one_line_of_ascii_whatever_is_typed() -> None:
    talk = dialogue()
    talk.answer(b"MAIL FROM:<>\r\n")
    for line in (
        b"RCPT TO:<" + b"a" * 64 + b"@" + b"b.example." * 18 + b"example>\r\n",
        b"RCPT TO:<{0}{rcpt.__class__}%s%n@casebridge.example>\r\n",
    ):
        text = talk.answer(line).text
        assert text.startswith(("550 ", "501 "))
        assert text.isascii()
        assert text.isprintable()
        assert len(text) <= 510
