"""The new words of a message: its text without the history that programs quote under it."""

from __future__ import annotations

import re

# "On 5 May 2025 at 10:00, Pat Lee <pat@baker.example> wrote:" and its kin. The verb ends the line;
# the line before may hold the first half, where a program broke it at 72 characters.
_WROTE = (
    r"wrote|writes|schrieb|écrivit|a écrit|escribi[oó]|ha scritto|scrisse|schreef|skrev|escreveu"
    r"|kirjoitti|napisał(?:\(a\))?|napsal\(?a?\)?|írta|написал\(?а?\)?|пишет|yazdı|a scris|έγραψε"
)
_ATTRIBUTION = re.compile(
    rf"(?:(?:on|am|le|el|il|op|den|em|ma|dnia|dne|på|ti|vào|w dniu|în data de|στις)\b.{{4,300}}?"
    rf"(?:{_WROTE})(?: .{{0,120}})?|.{{3,200}}[@<(].{{1,200}}\b(?:{_WROTE})|\d{{4}}[-/.年].{{4,200}}"
    rf"(?:{_WROTE}|写道|寫道|のメール)) ?[:：]",
    re.IGNORECASE,
)
_SCHRIEB_FIRST = re.compile(r"(?:am|on|le) .{6,80}(?:schrieb|wrote|écrit) .{1,160}[:：]", re.IGNORECASE)
_CHINESE = re.compile(r"在.{4,200}(?:写道|寫道)[:：]|.{4,120}(?:さん)?は書きました[:：]?|.{4,200}님이 작성[:：]")
_SEPARATOR = re.compile(
    r"[-_=*\s]{2,}\s*(?:original message|original appointment|forwarded message|forwarded by .{1,200}"
    r"|message d'origine|message d’origine|message original|message transféré|ursprüngliche nachricht"
    r"|originalnachricht|weitergeleitete nachricht|mensaje original|mensaje reenviado"
    r"|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht"
    r"|mensagem original|mensagem encaminhada|oprindelig meddelelse|opprinnelig melding"
    r"|ursprungligt meddelande|alkuperäinen viesti|wiadomość oryginalna|původní zpráva"
    r"|исходное сообщение|пересылаемое сообщение|原始邮件|原始郵件|转发邮件|元のメッセージ)\s*[-_=*\s]{2,}",
    re.IGNORECASE,
)
_FORWARD_START = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|inizio messaggio inoltrato|begin doorgestuurd bericht) ?:",
    re.IGNORECASE,
)
_RULE = re.compile(r"[_\-]{10,}|\*{10,}")
# Labels of the header block that Outlook and others put over a quoted message.
_FROM = re.compile(
    r"\*?(?:from|von|de|da|van|od|från|fra|lähettäjä|от|发件人|寄件者|差出人|보낸 사람)\s?\*?[:：]\*?\s*\S",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\*?(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|enviado el"
    r"|fecha|para|asunto|inviato|data|oggetto|verzonden|aan|onderwerp|wysłano|do|temat|skickat"
    r"|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe|отправлено|дата|кому|тема|发送时间|收件人"
    r"|主题|寄件日期|收件者|主旨|送信日時|宛先|件名|보낸 날짜|받는 사람|제목|reply-to|importance"
    r"|organization)\s?\*?[:：]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[ \t]?(?:>|\|(?= ))")
_LONGEST_LOOK = 600


def new_words(text: str) -> str:
    """Return `text` without quoted history, forwarded messages included. Idempotent.

    Everything goes from a separator, a header block or an attribution on. Where the lines under an
    attribution are marked with ">", only they and it go: what stands below them is the answer of
    somebody who writes under the question. Without any of these, marked lines at the end go.
    """
    lines = text.split("\n")
    kept: list[str] = []
    place = 0
    while place < len(lines):
        if _cuts_all(lines, place):
            break
        length = _attribution(lines, place)
        if not length:
            kept.append(lines[place])
            place += 1
            continue
        behind = _skip_blank(lines, place + length)
        if behind >= len(lines):
            break
        if not _QUOTED.match(lines[behind]):
            break
        rest = [line for line in lines[behind:] if not _QUOTED.match(line)]
        return _trimmed(_without_rule(kept) + ["", *rest] if any(map(str.strip, rest)) else kept)
    while kept and (not kept[-1].strip() or _QUOTED.match(kept[-1])):
        kept.pop()
    return _trimmed(kept)


def _cuts_all(lines: list[str], place: int) -> bool:
    line = lines[place].strip()[:_LONGEST_LOOK]
    if not line:
        return False
    if _SEPARATOR.fullmatch(line) or _FORWARD_START.fullmatch(line):
        return True
    if _RULE.fullmatch(line):
        behind = _skip_blank(lines, place + 1)
        return behind < len(lines) and _header_block(lines, behind)
    return _header_block(lines, place)


def _header_block(lines: list[str], place: int) -> bool:
    """Say whether a quoted message's header begins here: From, and two more fields under it."""
    if not _FROM.match(lines[place].strip()[:_LONGEST_LOOK]):
        return False
    found = 0
    for line in lines[place + 1 : place + 9]:
        if _NEXT.match(line.strip()[:_LONGEST_LOOK]):
            found += 1
    return found >= 2


def _attribution(lines: list[str], place: int) -> int:
    """Return how many lines an attribution that begins here has: 0 where there is none."""
    first = lines[place].strip()
    if not first or len(first) > _LONGEST_LOOK:
        return 0
    joined = first
    for length in (1, 2, 3):
        if joined.endswith((":", "：")) and any(
            rule.fullmatch(joined) for rule in (_ATTRIBUTION, _SCHRIEB_FIRST, _CHINESE)
        ):
            return length
        if place + length >= len(lines) or not lines[place + length].strip():
            return 0
        joined = f"{joined} {lines[place + length].strip()}"[:_LONGEST_LOOK]
    return 0


def _skip_blank(lines: list[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _without_rule(lines: list[str]) -> list[str]:
    kept = list(lines)
    while kept and (not kept[-1].strip() or _RULE.fullmatch(kept[-1].strip())):
        kept.pop()
    return kept


def _trimmed(lines: list[str]) -> str:
    return "\n".join(_without_rule(lines)).strip("\n")
