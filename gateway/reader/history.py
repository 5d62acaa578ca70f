"""The new words of a message: its text without the history that programs quote under it."""

from __future__ import annotations

import re

# "On 5 May 2025 at 10:00, Pat Lee <pat@baker.example> wrote:" and its kin: how they begin, and the
# verb that stands in them. Programs break them over two or three lines.
_OPENING = re.compile(
    r"(?:on|am|le|el|il|op|den|em|ma|dnia|dne|på|ti|vào|w dniu|în data de|στις|в|在)\b|\d",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"(?<!\w)(?:wrote|writes|schrieb|écrivit|a écrit|escribi[oó]|ha scritto|scrisse|schreef|skrev"
    r"|escreveu|kirjoitti|napisał(?:\(a\))?|napsal(?:\(a\))?|írta|написала?|пишет|yazd\u0131"
    r"|a scris|έγραψε)(?!\w)|写道|寫道|のメール|書きました|님이 작성",
    re.IGNORECASE,
)
_ADDRESS_OR_TIME = re.compile(r"[^\s<>]@[^\s<>]|\d{1,2}[:.h]\d{2}")
_LONGEST_ATTRIBUTION = 400
_SEPARATOR = re.compile(
    r"[-_=*\s]{2,}\s*(?:original message|original appointment|forwarded message"
    r"|forwarded by .{1,200}|message d['\u2019]origine|message original|message transféré"
    r"|ursprüngliche nachricht"
    r"|originalnachricht|weitergeleitete nachricht|mensaje original|mensaje reenviado"
    r"|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht"
    r"|mensagem original|mensagem encaminhada|oprindelig meddelelse|opprinnelig melding"
    r"|ursprungligt meddelande|alkuperäinen viesti|wiadomość oryginalna|původní zpráva"
    r"|исходное сообщение|пересылаемое сообщение|原始邮件|原始郵件|转发邮件|元のメッセージ)"
    r"\s*[-_=*\s]{2,}",
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
    r"\*?(?:from|von|de|da|van|od|från|fra|lähettäjä|от|发件人|寄件者|差出人|보낸 사람)\s?"
    r"\*?[:\uff1a]\*?\s*\S",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\*?(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|enviado el"
    r"|fecha|para|asunto|inviato|data|oggetto|verzonden|aan|onderwerp|wysłano|do|temat|skickat"
    r"|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe|отправлено|дата|кому|тема|发送时间|收件人"
    r"|主题|寄件日期|收件者|主旨|送信日時|宛先|件名|보낸 날짜|받는 사람|제목|reply-to|importance"
    r"|organization)\s?\*?[:\uff1a]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[ \t]?(?:>|\|(?= ))")
_LONGEST_LOOK = 600


def new_words(text: str) -> str:
    """Return `text` without quoted history, forwarded messages included.

    Everything goes from a separator, a header block or an attribution on. Where the lines under an
    attribution are marked with ">", only they and it go: what stands below them is the answer of
    somebody who writes under the question. Without any of these, marked lines at the end go.
    """
    lines = text.split("\n")
    for place in range(len(lines)):
        if _cuts_all(lines, place):
            return _trimmed(lines[:place])
        length = _attribution(lines, place)
        if not length:
            continue
        behind = _skip_blank(lines, place + length)
        if behind >= len(lines) or not _QUOTED.match(lines[behind]):
            return _trimmed(lines[:place])
        answer = [line for line in lines[behind:] if not _QUOTED.match(line)]
        below = new_words("\n".join(answer))
        return "\n\n".join(piece for piece in (_trimmed(lines[:place]), below) if piece)
    end = len(lines)
    marked = 0
    while end and (not lines[end - 1].strip() or _QUOTED.match(lines[end - 1])):
        end -= 1
        marked += bool(lines[end].strip())
    if marked == 1 and end and lines[end].strip():
        end += 1  # one line right under others: "> 5 mg" is no quotation
    return "\n".join(lines[:end]).strip("\n")


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
    """Say whether a quoted message's header begins here: who wrote it, and two more fields."""
    first = lines[place].strip()[:_LONGEST_LOOK]
    begins = bool(_FROM.match(first))
    if not begins and not _NEXT.match(first):
        return False
    under = [line.strip()[:_LONGEST_LOOK] for line in lines[place + 1 : place + 9]]
    others = sum(bool(_NEXT.match(line)) for line in under)
    # Some programs put the date first; then the writer comes next.
    return others >= 2 and (begins or bool(_FROM.match(under[0])))


def _attribution(lines: list[str], place: int) -> int:
    """Return how many lines an attribution that begins here has: 0 where there is none."""
    joined = ""
    for length in (1, 2, 3):
        if place + length > len(lines) or not (line := lines[place + length - 1].strip()):
            return 0
        joined = f"{joined} {line}".lstrip()
        if len(joined) > _LONGEST_ATTRIBUTION or _QUOTED.match(line):
            return 0
        if joined.endswith((":", "\uff1a")) and _VERB.search(joined):
            behind = _skip_blank(lines, place + length)
            marked = behind < len(lines) and bool(_QUOTED.match(lines[behind]))
            # "On Monday the surgeon wrote:" is a person's own sentence unless marks follow it.
            certain = bool(_ADDRESS_OR_TIME.search(joined))
            found = certain or (marked and _OPENING.match(joined))
            return length if found and (length == 1 or _may_begin(lines[place].strip())) else 0
    return 0


def _may_begin(line: str) -> bool:
    """Say whether an attribution over several lines may begin with this one."""
    begins = _OPENING.match(line) or _ADDRESS_OR_TIME.search(line)
    return bool(begins) and not line.endswith((".", "!", "?"))


def _skip_blank(lines: list[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _trimmed(lines: list[str]) -> str:
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.fullmatch(lines[end - 1].strip())):
        end -= 1
    return "\n".join(lines[:end]).strip("\n")
