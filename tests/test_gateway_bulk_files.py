"""Files of old mail: folders, Maildir and mailboxes are walked, and nothing leads out of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.bulk.files import File, Holds, files
from gateway.bulk.messages import Message, Passed, messages

MAIL = b"From: Pat <pat@bakerllp.example>\nSubject: x\n\nwords\n"
FROM = b"From pat@x.example Fri Feb 22 17:06:23 2008\n"


def by_name(path: Path) -> dict[str, Holds]:
    return {str(one.path.relative_to(path)): one.holds for one in files(path)}


def put(folder: Path, names: dict[str, bytes]) -> Path:
    for name, text in names.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    return folder


def none(_file: File) -> Iterator[Message | Passed]:
    return iter(())


def told(path: Path) -> list[tuple[str, int | None, str | bytes]]:
    return [
        (
            one.file.name,
            one.index,
            one.why if isinstance(one, Passed) else b"".join(one.chunks()),
        )
        for one in messages(path, none)
    ]


def test_a_tree_is_walked_in_the_order_of_names_and_each_kind_is_known(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a.eml": MAIL,
            "b/C.EML": MAIL,
            "b/d.msg": b"\xd0\xcf\x11\xe0",
            "b/e.mbox": FROM + MAIL,
            "b/Inbox": FROM + MAIL,
            "b/Inbox.msf": b"index",
            "b/old.pst": b"!BDN",
            "b/readme.txt": b"no mail",
            "c/Sent.mbox/mbox": FROM + MAIL,  # as Apple Mail exports it
        },
    )
    found = by_name(tmp_path)
    assert list(found) == sorted(found)
    assert {name for name, holds in found.items() if holds is Holds.MESSAGE} == {
        "a.eml",
        "b/C.EML",
        "b/d.msg",
    }
    assert {name for name, holds in found.items() if holds is Holds.MAILBOX} == {
        "b/e.mbox",
        "b/Inbox",
        "c/Sent.mbox/mbox",
    }
    assert found["b/old.pst"] is Holds.OUTLOOK
    assert found["b/readme.txt"] is found["b/Inbox.msf"] is Holds.NO_MAIL


def test_a_maildir_is_read_with_its_dates_and_its_flags(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "new/1.host": MAIL,
            "cur/2.host:2,S": MAIL,
            "cur/3.host:2,ST": MAIL,
            "cur/4.host:2,D": MAIL,
            "tmp/5.host": MAIL,
            ".Sent/cur/6.host:2,RS": MAIL,
            ".Sent/new/.keep": b"",
            ".Sent/maildirfolder": b"",
        },
    )
    moment = datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC)
    os.utime(tmp_path / "new" / "1.host", (moment.timestamp(), moment.timestamp()))
    found = {one.path.name: one for one in files(tmp_path)}
    assert found["1.host"].dated == moment
    assert found["1.host"].set_aside is found["2.host:2,S"].set_aside is None
    assert found["3.host:2,ST"].set_aside == "deleted"
    assert found["4.host:2,D"].set_aside == "draft"
    assert found["6.host:2,RS"].holds is Holds.MESSAGE
    assert "5.host" not in found, "it was never delivered whole"
    assert found["maildirfolder"].holds is Holds.NO_MAIL


def test_one_folder_of_a_maildir_can_be_named_alone(tmp_path: Path) -> None:
    put(tmp_path, {"new/1.host": MAIL, "cur/2.host:2,S": MAIL})
    assert by_name(tmp_path / "cur") == {"2.host:2,S": Holds.MESSAGE}


def test_a_mailbox_gives_each_message_with_its_place(tmp_path: Path) -> None:
    put(tmp_path, {"a.mbox": FROM + MAIL + b"\n" + FROM + b"X-Status: D\n" + MAIL})
    assert told(tmp_path / "a.mbox") == [("a.mbox", 0, MAIL), ("a.mbox", 1, "deleted")]


def test_no_link_is_followed_and_no_pipe_is_opened(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", {"a.eml": MAIL, "b/c.eml": MAIL})
    inside = put(tmp_path / "inside", {"x.eml": MAIL})
    (inside / "a.eml").symlink_to(outside / "a.eml")
    (inside / "b").symlink_to(outside / "b")
    (inside / "loop").symlink_to(inside)
    os.mkfifo(inside / "pipe.eml")
    assert by_name(inside) == {"x.eml": Holds.MESSAGE}


def test_a_pipe_that_is_named_itself_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    assert told(tmp_path / "pipe.eml") == [("pipe.eml", None, "file_unreadable")]


def test_what_cannot_be_read_is_named_and_the_next_one_begun(
    tmp_path: Path, monkeypatch: object
) -> None:
    put(tmp_path, {"a.eml": MAIL, "b.eml": MAIL})
    found = files(tmp_path)
    assert next(found).path.name == "a.eml"
    (tmp_path / "b.eml").unlink()
    (tmp_path / "b.eml").mkdir()
    assert [one.problem for one in found] == ["file_unreadable"]


def test_a_file_that_goes_while_the_others_are_read_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"a.mbox": FROM + MAIL})
    walked = messages(tmp_path / "a.mbox", none)
    (tmp_path / "a.mbox").unlink()
    (one,) = walked
    assert isinstance(one, Passed)
    assert (one.why, one.is_problem) == ("file_unreadable", True)


def test_a_mailbox_with_a_dot_in_its_name_is_read(tmp_path: Path) -> None:
    names = ("Inbox.2019", "dana@firm.example", "sent.txt")
    put(tmp_path, dict.fromkeys(names, FROM + MAIL))
    assert told(tmp_path) == [(name, 0, MAIL) for name in sorted(names)]


def test_a_path_that_is_named_and_holds_no_mail_is_a_problem_and_below_a_folder_it_is_none(
    tmp_path: Path,
) -> None:
    put(tmp_path, {"notes.txt": b"no mail"})
    for path, why, is_problem in (
        (tmp_path / "notes.txt", "file_no_mail", True),
        (tmp_path, "no_mail", False),
    ):
        (one,) = messages(path, none)
        assert isinstance(one, Passed)
        assert (one.why, one.is_problem) == (why, is_problem)
