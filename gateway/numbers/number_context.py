"""What stands around a number: whether it can be a case number of ours, or is something else's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

_BEFORE = 48  # characters that are looked at
_BEHIND = 16
_COURT_FAR = 80

_PHONE = re.compile(
    r"(?:\b(?:tele)?(?:phone|fax)|\b(?:tel|fon|mob|mobile?|mobil|cell|direct|dial|ext|durchwahl"
    r"|(?:call|reach) (?:me|us|him|her|them)(?: (?:at|on))?))\b"
    r"[.:]?(?: ?(?:no|nr|number)\b[.:]?)?[\s:(]*(?:\(?\d{1,5}\)?[ /-]*)?\Z"
    r"|\+\d{1,3}[ ()/-]*(?:\d{1,4}[ )/-]*)?\Z"
    r"|\(0?\d{3,5}\)[ /-]*\Z",
    re.IGNORECASE,
)
# Numbers of other things: behind one of these a number of our shape is somebody else's.
_THEIRS = re.compile(
    r"(?:\b(?:policy|invoice|docket|civil action|civ\.?|aaa(?: arbitration)?|jams|icn|dcn|wc"
    r"|(?:index|cause|action|complaint|arbitration|grievance|incident)"
    r"(?= ?(?:(?:no|nr|num|number)\b|#))"
    r"|account|acct|check|cheque|bill|order|bates|patent|zip|ticket|mrn|"
    r"patient|court|police|criminal|bankruptcy|adversary|rechnung|konto"
    r"|ein|fein|tin|tax|vat|ssn|npi|dea|bar|sbn|licen[cs]e|lic|vin|p\.?o\.? ?box|box|parcel"
    r"|tracking|serial|chart|accession|specimen|encounter|medical record|room|suite|ust|steuer"
    r"|kunden)"
    r"(?:[- ]?\b(?:id|no|nr|num|number|nummer|ref))*"
    # One letter and a colon, as signatures have them: "T: 617 555 0100".
    r"|(?<![^\s|])[a-z]:)[\s.:#=-]*\Z",
    re.IGNORECASE,
)
# The sender's own number: "Our file 10432-17" is the firm's, "Your file" is ours.
_SENDERS_OWN = re.compile(
    r"\b(?:our|my|unser(?:e[rmn]?)?|mein(?:e[rmn]?)?|notre|nuestr[oa]|nostr[oa]|onze?)[ -]?"
    r"(?:internal )?(?:file|ref|reference|matter|zeichen|az|aktenzeichen|dossier|referencia"
    r"|r\u00e9f\u00e9rence|riferimento|kenmerk)\b(?:[. ]?\b(?:no|nr|num|number|nummer|id|ref))*"
    r"[\s.:#=(-]*\Z",
    re.IGNORECASE,
)
# "This is not for 24-001240": what it is for is another matter.
_DENIED = re.compile(
    r"\b(?:not|nicht|no longer|instead of|other than|rather than|formerly|previously|unrelated to"
    r"|(?:similar|identical|comparable)(?: \w+)? (?:to|as)|same(?: \w+){1,3} as|also (?:\w+ )?in"
    r"|conflicts? (?:(?:check|search) )?(?:against|with)|(?:what|copy of what) (?:you|we) have"
    r"|struck out:|compare|cf\.?|see also|companion|cross[- ]?ref(?:erence[ds]?)?\.?)"
    r"(?: (?:for|to|in|of|the|with|under|about|your|zu|zur|f\u00fcr|(?:claim|case|file|matter)s?"
    r"|number|no)\b\.?)*[\s.:#(,-]*\Z"
    r"|\b(?:prior|previous|earlier|former|old|sister|parallel|duplicate)"
    r"(?: (?:claim|case|file|matter)s?\b(?: (?:number|no)\b\.?)?)?[\s.:#(,-]*\Z"
    # "Records related to claim …" are that claim's; a related claim is another.
    r"|\brelated(?: (?:claim|case|file|matter)s?\b(?: (?:number|no)\b\.?)?)?[\s.:#(,-]*\Z",
    re.IGNORECASE,
)
# A court has cases too: "In the Circuit Court of Cook County, Case No. …", "Case No. … (Superior
# Court)". What is labelled a claim or a file is no court's.
_COURT = r"(?:superior|circuit|district|county|supreme|probate|municipal|appellate|chancery) court"
_COURT_BEFORE = re.compile(
    rf"\b(?:{_COURT}|court of (?:appeals?|claims|common pleas|chancery))"
    r"(?:,? (?:county )?(?:of|for|in and for)\b[^.;:!?\d]{0,30})?"
    r"(?:,? (?:\w+ )?(?:county|division|department)\b)?"
    r"[\s,.:#=(-]*(?:no\b\.?[ :#]*)?\Z",
    re.IGNORECASE,
)
_COURT_BEHIND = re.compile(rf"[ \t]*[,(-]?[ \t]*(?:[\w.]+ ){{0,3}}{_COURT}\b", re.IGNORECASE)
_COURTS_LABEL = re.compile(r"case\b", re.IGNORECASE)
_LABEL_WORDS = r"(?:own|claims?|case|file|policy|reference|ref|number|no|nr|nummer|id|is|was)"
# A docket of a court: 2:24-cv-01234-ABC, 24-CV-1234, 2024-CA-001234.
_DOCKET = re.compile(
    r"(?:\d:)?(?:\d\d){1,2}-?(?:cv|cr|civ|ca|cp|bk|ap|mc|md|mj|sc|dr|pr|l)s?-\w+(?:-\w+)*",
    re.IGNORECASE,
)
_DATE_WORD = re.compile(
    r"\b(?:on|dated?|dob|d\.o\.b|born|birth|due|by|since|until|till|from|of|before|after|hearing|"
    r"trial|deposition|vom|am|den)[\s.:]*\Z",
    re.IGNORECASE,
)
_D, _M, _Y = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_DAY = (
    rf"{_Y}(?P<a>[-./ ]){_M}(?P=a){_D}|{_Y}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"|(?:{_D}(?P<b>[-./ ]){_M}|{_M}(?P<c>[-./ ]){_D})(?:(?P=b)|(?P=c))(?:19|20)?\d\d"
)
_DATE = re.compile(rf"{_DAY}|{_Y}(?:[-/](?:(?:19|20)?\d\d))?")
# As nobody but a machine writes it: it needs a word that says so.
_ODD_DATE = re.compile(rf"(?:{_D}[-./ ]?{_M}|{_M}[-./ ]?{_D})[-./ ]?{_Y}")
_PHONE_SHAPE = re.compile(r"(?:1[-. ])?(?:\d{3}[-. ])?\d{3}[-. ]\d{4}")
_MONEY = r"\s?(?:%|\u20ac|\$|\u00a3|(?:usd|eur|dollars?|euros?)\b)"
_AMOUNT = re.compile(rf"{_MONEY}|\.\d|,\d{{3}}(?!\d)", re.IGNORECASE)
_AMOUNT_BEHIND = re.compile(rf"{_MONEY}|\.\d", re.IGNORECASE)
# "Smith-24-001234" is a name and a number; "WC-24-001234" is somebody's number.
_PIECE_BEFORE = re.compile(r"(?:\d[.:]|(?<![^\W\d_])(?:[^\W\d_]{1,3}|[^\W_]*\d)-|[%$])\Z")
_PIECE_BEHIND = re.compile(r"[-.:](?:\d|[^\W\d_]{1,3}(?![^\W\d_]))")
_FILE_ENDING = re.compile(r"\.[a-z]\w{1,4}\b", re.IGNORECASE)


# A second case behind a number, without what both have in common: 24-001234/240, "and -240",
# ", 24-240". One or two digits are one only behind a slash or a dash: "24-001234, 3 pages".
_SHORT_FORM = re.compile(
    r"[ \t]?\(?(?P<joint>[/,;&~\u2026]|\.{2,3}|\+(?!\d{1,3}[ ()/-]+\d)"
    r"|\b(?:and|or|as well as|plus|to|through|thru"
    r"|und|oder|sowie|bis|u\.)(?![^\W_]))\s{0,2}\(?(?:(?:nos?|nr)\b\.? ?|# ?)?"
    r"(?P<short>(?:\d\d-)?\d{3,6}|-\d{1,6}|(?<=\d/)\d{1,2})(?![^\W_]|[.:]\d|-\d{4})",
    re.IGNORECASE,
)
_YEAR = re.compile(rf"(?:{_M}[-/ ])?{_Y}")
_STREET = 48  # characters
# What a number behind ours may be: a day, a telephone number, an amount.
_OTHER = re.compile(
    rf"(?:{_DAY})(?!\d)|\d{{3}}[-. ]\d{{3}}[-. ]\d{{4}}(?!\d)|\d+(?:,\d{{3}})*{_MONEY}",
    re.IGNORECASE,
)
# Or a number of things, or a house's. None of these begins with a zero.
_COUNTED = re.compile(
    r"(?:-\d+)?[ -]?(?:(?:pages?|pgs?|pp|p|seiten?|bl\u00e4tter|blatt|sheets?|files?|documents?"
    r"|docs?|records?|bills?|photos?|images?|pictures?|exhibits?|items?|entries|lines?|words|copies|times"
    r"|[kmg]b|dpi|mg|ml|mcg|days?|hours?|weeks?|months?|years?)\b"
    r"|(?-i:(?:[A-Z][a-z]*\.? ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln"
    r"|Way|Court|Ct|Place|Pl|Square|Sq|Parkway|Pkwy|Highway|Hwy)\b))",
    re.IGNORECASE,
)


# "Bates #001235 - #001240", "Exhibit no. 001240": a page's, where it stands alone.
_PAGE_NUMBER = re.compile(r"0\d+")
_PAGES = re.compile(
    r"\b(?:bates|bate-?stamp\w*|pages?|pgs?|pp|exhibits?|exhs?|exs?|images?|items?"
    r"|(?:bg)?colou?r|background)\b[^.;:!?\n]{0,40}"
    r"(?:\bno\. ?)?\Z",
    re.IGNORECASE,
)


class Likeness(Enum):
    """How much something looks like a case number of ours."""

    COUNTS = "counts"  # labelled, or strictly shaped
    SLIP = "slip"  # one of ours with a slip of the pen, perhaps
    OTHER = "other"  # it stands where the numbers of courts, insurers and invoices stand
    DOUBT = "doubt"  # words that say that a number is not the right one


def others_pattern(others: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds one of these words as the owner of the number behind it."""
    spelled = [
        r"\s+".join(re.escape(word).replace("'", "['\u2019]?") for word in one.split())
        for one in sorted(others, key=len, reverse=True)
    ]
    if not spelled:
        return None
    return re.compile(
        rf"(?<![^\W_])(?:{'|'.join(spelled)})(?:['\u2019]?s)?"
        rf"(?:\s+{_LABEL_WORDS}\b[.:#]?)*[\s.:#=(-]*\Z",
        re.IGNORECASE,
    )


def likeness(
    text: str, start: int, end: int, others: re.Pattern[str] | None = None
) -> Likeness | None:
    """Judge something of our strict shape without a label; None where it is none of ours.

    `others` finds the owner of a number that is none of ours: see others_pattern.
    """
    before = text[max(0, start - _BEFORE) : start]
    if _PHONE.search(before):
        return None
    written = text[start:end]
    doubtful = (
        _is_theirs(before, others)
        or _DATE.fullmatch(written)
        or (_ODD_DATE.fullmatch(written) and _DATE_WORD.search(before))
        or _PIECE_BEFORE.search(before)
        or _is_a_courts(text, start, end)
        or is_piece_of_more(text, end)
    )
    return Likeness.OTHER if doubtful else Likeness.COUNTS


def likeness_of_labelled(
    text: str, label: int, start: int, end: int, others: re.Pattern[str] | None = None
) -> Likeness:
    """Judge what stands behind a label that begins at `label`: a court has case numbers too."""
    before = text[max(0, label - _BEFORE) : label]
    theirs = (
        _is_theirs(before, others)
        or _SENDERS_OWN.search(text[max(0, start - _BEFORE) : start])
        or _DOCKET.fullmatch(text[start:end])
        or (_COURTS_LABEL.match(text, label) and _is_a_courts(text, label, end))
    )
    return Likeness.OTHER if theirs else Likeness.COUNTS


def _is_a_courts(text: str, start: int, end: int) -> bool:
    before, behind = text[max(0, start - _COURT_FAR) : start], text[end : end + _COURT_FAR]
    return bool(_COURT_BEFORE.search(before) or _COURT_BEHIND.match(behind))


def _is_theirs(before: str, others: re.Pattern[str] | None) -> bool:
    owner = others is not None and others.search(before)
    return bool(
        _THEIRS.search(before) or _SENDERS_OWN.search(before) or _DENIED.search(before) or owner
    )


def is_prose(text: str, start: int, end: int) -> bool:
    """Say whether what stands behind a label is a date, a telephone number or an amount."""
    written, behind = text[start:end], text[end : end + _BEHIND]
    return bool(
        _DATE.fullmatch(written) or _PHONE_SHAPE.fullmatch(written) or _AMOUNT.match(behind)
    )


def is_a_slip(text: str, start: int, end: int) -> bool:
    """Say whether something nearly of our shape may be a slip of the pen, and nothing else."""
    before = text[max(0, start - _BEFORE) : start]
    written = text[start:end]
    return not (
        sum(map(str.isdigit, written)) * 2 < len(written)
        or _PHONE.search(before)
        or _is_theirs(before, None)
        or _YEAR.fullmatch(written)
        or _ODD_DATE.fullmatch(written)
        or (_PAGE_NUMBER.fullmatch(written) and _PAGES.search(before))
        or is_prose(text, start, end)
    )


def is_piece_of_more(text: str, end: int) -> bool:
    """Say whether a number goes on behind its end: 24-001234-01, 24-001234.50, 24-001234 USD."""
    behind = text[end : end + _BEHIND]
    goes_on = _PIECE_BEHIND.match(behind) and not _FILE_ENDING.match(behind)
    return bool(goes_on or _AMOUNT_BEHIND.match(behind))


def short_form(text: str, end: int) -> tuple[int, int] | None:
    """Return where a second case stands in short behind a number that ends at `end`, or None.

    Not taken for one: a date, a year in a sentence, a telephone number, an amount, what is counted
    ("350 pages") and the number of a house.
    """
    match = _SHORT_FORM.match(text, end)
    if match is None:
        return None
    start, stop = match.span("short")
    is_year = _YEAR.fullmatch(match["short"]) and text[start - 1] != "/"
    is_counted = text[start] != "0" and _COUNTED.match(text[stop : stop + _STREET])
    return None if is_year or is_counted or _OTHER.match(text, start) else (start, stop)
