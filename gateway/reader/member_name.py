"""Names of an archive's members: raw bytes to text, and whether a path stays where it is put."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.reader.member import NotOpened, Why

# What archives without a word on their charset hold, the likeliest first. The first is the
# standard's (APPNOTE.TXT, 4.4.4, D.1); the others are what the systems of the world really write.
# A text of the narrower ones can be read in the wider ones too, and not the other way round.
_CHARSETS = (
    *("cp437", "cp1252", "cp850", "cp866", "cp1251"),
    *("cp932", "euc_kr", "gb2312", "big5", "gbk"),
)
_SCRIPTS = {"LATIN", "CYRILLIC", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "HANGUL"}
_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}  # written together
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]{3,}")
_SAMPLE_NAMES = 200
_DRIVE = re.compile(r"[A-Za-z]:")
_BETWEEN_WORDS = re.compile("[ -]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NO_CHARACTER = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class RawName:
    """A name as it is stored. `charset` is what the archive says it is in, None where nothing."""

    raw: bytes
    charset: str | None = None


def names(raws: Sequence[RawName]) -> list[str]:
    """Decode the names of one archive. What it leaves open is decided for all of them together.

    Raises NotOpened("archive_unsafe") where a name holds a NUL, is empty, or leads out of the
    folder that the archive would be unpacked into.
    """
    open_ones = [one.raw for one in raws if one.charset is None and not _is_utf8(one.raw)]
    guessed = _guess(open_ones[:_SAMPLE_NAMES]) if open_ones else "utf-8"
    return [_safe(_decoded(one, guessed)) for one in raws]


def _decoded(name: RawName, guessed: str) -> str:
    charset = name.charset or ("utf-8" if _is_utf8(name.raw) else guessed)
    return name.raw.decode(charset, "replace")


def _safe(name: str) -> str:
    if "\0" in name:
        raise NotOpened(Why.UNSAFE, "path")
    # Old programs of Windows write backslashes; who unpacks there takes them for slashes anyway.
    slashed = _NO_CHARACTER.sub("\ufffd", name).replace("\\", "/")
    components = slashed.split("/")
    if slashed.startswith("/") or _DRIVE.match(slashed) or ".." in components:
        raise NotOpened(Why.UNSAFE, "path")
    plain = "/".join(one for one in components if one not in {"", "."})
    return _CONTROLS.sub(" ", plain)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(raws: Sequence[bytes]) -> str:
    """Return the charset in which most foreign characters are letters of one script."""
    joined = b"\n".join(raws)
    scores = {charset: _score(joined, charset) for charset in _CHARSETS}
    return max(_CHARSETS, key=lambda charset: scores[charset])  # the first of equals


def _score(raw: bytes, charset: str) -> float:
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError:
        return -1.0
    foreign = [char for char in text if char > "\x7f"]
    scripts = [_script(char) for char in foreign]
    found = {script: scripts.count(script) for script in set(scripts) if script is not None}
    if not found:
        return 0.0
    script = max(found, key=lambda one: found[one])
    share = found[script] / len(foreign)
    if script == "LATIN" and _FOREIGN_RUN.search(text):
        return share / 2  # three accented letters in a row: some other script, misread
    return share


def _script(char: str) -> str | None:
    script = _BETWEEN_WORDS.split(unicodedata.name(char, ""), maxsplit=1)[0]
    return _ONE_SCRIPT.get(script, script) if script in _SCRIPTS else None
