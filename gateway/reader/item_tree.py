"""An Outlook item as a tree of parts, like that of a message that came as mail."""

from __future__ import annotations

import re
from urllib.parse import quote

from converters.compound import NotCompound
from gateway.reader.entity import Count, Entity, Kind, read_tree
from gateway.reader.header import Header
from gateway.reader.item_body import Form, item_body
from gateway.reader.item_facts import item_facts
from gateway.reader.item_header import item_class, item_header
from gateway.reader.mapi import Attached, DamagedContainer, Item, Properties
from gateway.reader.object_storage import unpacked
from gateway.reader.parameters import Value
from gateway.reader.scratch import Scratch
from gateway.reader.source import Extent

_LONG_NAME, _SHORT_NAME, _SHOWN_NAME, _EXTENSION = 0x3707, 0x3704, 0x3001, 0x3703
_TYPE, _CONTENT_ID, _METHOD, _HIDDEN, _FLAGS = 0x370E, 0x3712, 0x3705, 0x7FFE, 0x3714
_LONG_PATH, _PATH = 0x370D, 0x3708
_BY_REFERENCE = {2, 3, 4, 7}  # [MS-OXCMSG] 2.2.2.9: a file on a share, or in a cloud
_SHOWN_IN_BODY = 4
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_ANY = "application/octet-stream"
_SIGNED_CLASS = ".smime.multipartsigned"
_DOTS = re.compile(r"\.[A-Za-z0-9]{1,8}")


def item_tree(item: Item, count: Count, depth: int, scratch: Scratch) -> Entity:
    """Make the tree of an item. Raises DamagedContainer, ReadingStopped."""
    return _Tree(count, scratch).message(item, depth)


class _Tree:
    def __init__(self, count: Count, scratch: Scratch) -> None:
        self._count = count
        self._scratch = scratch

    def message(self, item: Item, depth: int) -> Entity:
        header = item_header(item)
        if (signed := self._signed(item, depth + 1)) is not None:
            return self._group("multipart/mixed", [signed], header, depth)
        children = []
        if facts := item_facts(item):
            children.append(self._form(Form("text/plain", self._written(facts), "utf-8"), depth))
        forms = item_body(item, self._scratch)
        words = [self._form(form, depth + 1) for form in forms if form.name is None]
        if len(words) > 1:
            children.append(self._group("multipart/alternative", words, Header(), depth + 1))
        else:
            children += words
        children += [self._form(form, depth) for form in forms if form.name is not None]
        children += [self._attached(attached, depth + 1) for attached in item.attachments]
        return self._group("multipart/mixed", children, header, depth)

    def _signed(self, item: Item, depth: int) -> Entity | None:
        """Return what was signed: the whole of a message, its words and its files, as it came.

        The item's own words are then what a program made of it, to be found by.
        """
        if not item_class(item.properties).endswith(_SIGNED_CLASS) or len(item.attachments) != 1:
            return None
        data = item.attachments[0].data
        if data is None:
            return None
        tree = read_tree(self._scratch.extent(data), self._count, depth)
        return tree if tree.media_type == "multipart/signed" and tree.children else None

    def _attached(self, attached: Attached, depth: int) -> Entity:
        properties = attached.properties
        if attached.item is not None:
            return self._item(attached, attached.item, depth)
        name = _name(properties)
        declared = properties.text(_TYPE).lower()
        declared = declared if _MEDIA_TYPE.fullmatch(declared) else _ANY
        data = attached.data
        if data is None and properties.number(_METHOD) in _BY_REFERENCE:
            where = properties.text(_LONG_PATH, _PATH)
            extent = self._written(f"{where}\n")
            return self._leaf("message/external-body", extent, properties, name, depth)
        if attached.is_object and data is not None and data.size:
            try:
                data, own = unpacked(data)
            except NotCompound as fault:
                raise DamagedContainer(str(fault)) from fault
            name = own or name
        extent = self._scratch.extent(data) if data is not None else self._written("")
        return self._leaf(declared, extent, properties, name, depth)

    def _item(self, attached: Attached, item: Item, depth: int) -> Entity:
        inner = self.message(item, depth + 1)
        # It has no bytes of its own in there. What stands for them is its header.
        lines = [f"{name}: ".encode() + value + b"\r\n" for name, value in inner.header.fields]
        return Entity(
            header=Header(),
            kind=Kind.MESSAGE,
            media_type="message/rfc822",
            disposition=_disposition("attachment", _name(attached.properties)),
            content_type=Value("message/rfc822"),
            encoding="",
            depth=depth,
            body=self._scratch.write(lines),
            children=[inner],
        )

    def _leaf(
        self, media_type: str, extent: Extent, properties: Properties, name: str, depth: int
    ) -> Entity:
        content_id = properties.text(_CONTENT_ID)
        is_shown = bool((properties.number(_FLAGS) or 0) & _SHOWN_IN_BODY)
        is_shown |= bool(properties.number(_HIDDEN))
        fields = (("content-id", f"<{content_id}>".encode()),) if content_id else ()
        return Entity(
            header=Header(fields),
            kind=Kind.LEAF,
            media_type=media_type,
            disposition=_disposition("inline" if is_shown and name else "attachment", name),
            content_type=Value(media_type),
            encoding="",
            depth=depth,
            body=extent,
        )

    def _form(self, form: Form, depth: int) -> Entity:
        self._count.part(depth)
        parameters = {"charset": form.charset.encode()} if form.charset else {}
        return Entity(
            header=Header(),
            kind=Kind.LEAF,
            media_type=form.media_type,
            disposition=Value() if form.name is None else _disposition("attachment", form.name),
            content_type=Value(form.media_type, parameters),
            encoding="",
            depth=depth,
            body=form.extent,
        )

    def _group(self, media_type: str, children: list[Entity], header: Header, depth: int) -> Entity:
        return Entity(
            header=header,
            kind=Kind.MULTIPART,
            media_type=media_type,
            disposition=Value(),
            content_type=Value(media_type),
            encoding="",
            depth=depth,
            body=self._written(""),
            children=children,
        )

    def _written(self, text: str) -> Extent:
        return self._scratch.write([text.encode("utf-8", "replace")])


def _disposition(value: str, name: str) -> Value:
    # As RFC 2231 has it: nothing in a name is decoded twice.
    written = f"UTF-8''{quote(name, safe='', errors='replace')}".encode()
    return Value(value, {"filename*": written} if name else {})


def _name(properties: Properties) -> str:
    """Return what a person sees: the long name, the short one, or what stands below the icon."""
    name = properties.text(_LONG_NAME, _SHORT_NAME)
    if name:
        return name
    shown = properties.text(_SHOWN_NAME)
    extension = properties.text(_EXTENSION)
    if shown and _DOTS.fullmatch(extension) and not shown.lower().endswith(extension.lower()):
        return shown + extension
    return shown
