"""The header of an Outlook item: fields made of its properties, as a message would bear them."""

from __future__ import annotations

import re
from email.utils import format_datetime

from gateway.reader.header import Header, header_of
from gateway.reader.mapi import Item, Properties

SUBJECT, CLASS = 0x0037, 0x001A
_PREFIX, _BARE_SUBJECT, _TOPIC = 0x003D, 0x0E1D, 0x0070
_SENT, _DELIVERED = 0x0039, 0x0E06
_MESSAGE_ID, _ANSWERED, _REFERENCES, _IMPORTANCE = 0x1035, 0x1042, 0x1039, 0x0017
_TRANSPORT, _SHOWN_TO, _SHOWN_CC = 0x007D, 0x0E04, 0x0E03
_HIGH = 2
# Name, address where it is one of the Internet, kind of address, address of that kind.
_AUTHOR = (0x0042, 0x5D02, 0x0064, 0x0065)
_SENDER = (0x0C1A, 0x5D01, 0x0C1E, 0x0C1F)
_RECIPIENT = (0x3001, 0x39FE, 0x3002, 0x3003)
_RECIPIENT_KIND, _TO, _CC = 0x0C15, 1, 2
_MOST_RECIPIENTS = 1000
_MOST_TRANSPORT_BYTES = 1 << 16
# What the item itself says goes before what its transport headers do; its parts are not theirs.
_OF_PARTS = {"content-type", "content-transfer-encoding", "content-disposition", "mime-version"}
_FIELD = re.compile(rb"^[!-9;-~]+:", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]+@[^\s<>()\[\],;:\\\"@]+")
_CONTROLS = dict.fromkeys((*range(32), 127), " ")


def item_header(item: Item) -> Header:
    """Return the header of an item: what its properties say, then what its transport headers add.

    Both are of whoever wrote the file: neither proves anything.
    """
    properties = item.properties
    transport = _transport(properties)
    fields = [("subject", _subject(properties))]
    author, sender = _mailbox(properties, _AUTHOR), _mailbox(properties, _SENDER)
    fields.append(("from", _from(author or sender, transport)))
    if author and sender and author != sender:
        fields.append(("sender", sender))
    for kind, name, shown in ((_TO, "to", _SHOWN_TO), (_CC, "cc", _SHOWN_CC)):
        mailboxes = [
            _mailbox(one, _RECIPIENT)
            for one in item.recipients[:_MOST_RECIPIENTS]
            if (one.number(_RECIPIENT_KIND) or _TO) & 0xF == kind
        ]
        fields.append((name, ", ".join(filter(None, mailboxes)) or properties.text(shown)))
    moment = properties.moment(_SENT) or properties.moment(_DELIVERED)
    fields.append(("date", format_datetime(moment) if moment else ""))
    fields.append(("message-id", properties.text(_MESSAGE_ID)))
    fields.append(("in-reply-to", properties.text(_ANSWERED)))
    fields.append(("references", properties.text(_REFERENCES)))
    fields.append(("importance", "high" if properties.number(_IMPORTANCE) == _HIGH else ""))
    found = [
        (name, value.translate(_CONTROLS).strip().encode("utf-8", "replace"))
        for name, value in fields
        if value or name == "subject"
    ]
    known = {name for name, _ in found} | _OF_PARTS
    found += [(name, value) for name, value in transport.fields if name not in known]
    return Header(tuple(found))


def item_class(properties: Properties) -> str:
    """Return what kind of item it is, in lower case: "ipm.note", "ipm.appointment", ..."""
    return properties.text(CLASS).lower()


def _transport(properties: Properties) -> Header:
    value = properties.get(_TRANSPORT)
    if value is None:
        return Header()
    text = value.head(_MOST_TRANSPORT_BYTES)
    if value.kind == 0x001F:
        text = text[: len(text) & ~1].decode("utf-16-le", "replace").encode("utf-8", "replace")
    # Exchange puts its name for them, or a status line, before the first field.
    start = _FIELD.search(text)
    return header_of(text[start.start() :]) if start is not None else Header()


def _subject(properties: Properties) -> str:
    text = properties.text(SUBJECT)
    if text[:1] == "\x01":  # a mark, and a character that says how long the prefix is
        text = text[2:]
    if not text and (bare := properties.text(_BARE_SUBJECT)):
        text = f"{properties.text(_PREFIX)} {bare}".strip()
    return text or properties.text(_TOPIC)


def _mailbox(properties: Properties, keys: tuple[int, int, int, int]) -> str:
    """Return a mailbox as a field writes it: its name, and its address where it has one."""
    name, internet, kind, own = (properties.text(key) for key in keys)
    address = internet
    if not _ADDRESS.fullmatch(address):
        # The kind may be missing, or be of Exchange: then it is a path in a directory.
        address = own if kind.upper() != "EX" and _ADDRESS.fullmatch(own) else ""
    name = name.translate(_CONTROLS).strip()
    if name.strip("'") == address:
        name = ""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    if not address:
        return f'"{quoted}"' if name else ""
    return f'"{quoted}" <{address}>' if name else address


def _from(mailbox: str, transport: Header) -> str:
    """Return From. Where the properties have no address, the transport headers may."""
    if "@" in mailbox:
        return mailbox
    written = transport.all("from")
    return written[0].decode("utf-8", "replace") if len(written) == 1 else mailbox
