"""Tags of a binder: each section's tree of tags becomes a part of one tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pikepdf

from converters.fault import EngineFailed
from converters.pdf_writer import PdfWriter, text
from converters.renumber import Shift

MOST: Final = 1_000_000  # numbers of one document: those of the whole are integers of a PDF


@dataclass
class Tags:
    """The tree, whose root is the object `root`. Pages point into it by numbers from `next` on."""

    root: int
    next: int = 0
    _parts: list[int] = field(default_factory=list)
    _leaves: list[int] = field(default_factory=list)
    _roles: dict[str, bytes] = field(default_factory=dict)
    _classes: dict[str, bytes] = field(default_factory=dict)
    _spaces: list[bytes] = field(default_factory=list)
    _lacks: bool = False

    def take(self, pdf: pikepdf.Pdf, shift: Shift, title: str) -> dict[int, bytes]:
        """Take a section's tree in: its root becomes a part of ours, which `title` names."""
        tree = pdf.Root.get("/StructTreeRoot")
        if not isinstance(tree, pikepdf.Dictionary):
            self._lacks = True
            return {}
        leaf, kids = tree.ParentTree, shift.of(tree.K.unparse())
        for held, name in ((self._roles, "/RoleMap"), (self._classes, "/ClassMap")):
            said = tree.get(name)
            if isinstance(said, pikepdf.Dictionary):
                for key, value in said.items():
                    held.setdefault(key, shift.of(value.unparse()))
        spaces = tree.get("/Namespaces")
        if isinstance(spaces, pikepdf.Array):
            self._spaces += [shift.of(one.unparse()) for one in spaces.as_list()]
        self._parts.append(tree.objgen[0] + shift.objects)
        part = b"<< /Type /StructElem /S /Part /P %d 0 R /T %s /K %s >>"
        own = {tree.objgen[0]: part % (self.root, text(title), kids)}
        listed = [int(one) for one in leaf.Nums.as_list()[::2]]
        if not all(0 <= one < MOST for one in listed):
            raise EngineFailed("numbers that would leave none to the tags of others")
        numbers = [one + shift.tags for one in listed]
        if numbers:
            self._leaves.append(leaf.objgen[0] + shift.objects)
            self.next = max(self.next, max(numbers) + 1)
        values = [shift.of(_said(one)) for one in leaf.Nums.as_list()[1::2]]
        pairs = b" ".join(b"%d %s" % one for one in zip(numbers, values, strict=True))
        limits = b"/Limits [ %d %d ]" % (min(numbers), max(numbers)) if numbers else b""
        own[leaf.objgen[0]] = b"<< %s /Nums [ %s ] >>" % (limits, pairs)
        return own

    def close(self, writer: PdfWriter) -> list[bytes]:
        """Write the root, and return what the catalog says of it."""
        if not self._parts:
            writer.add(self.root, b"null")
            return []
        leaves = writer.new()
        writer.add(leaves, b"<< /Kids [ %s ] >>" % _references(self._leaves))
        said = [b"/Type /StructTreeRoot /ParentTree %d 0 R" % leaves]
        said += [b"/ParentTreeNextKey %d /K [ %s ]" % (self.next, _references(self._parts))]
        for name, held in ((b"/RoleMap", self._roles), (b"/ClassMap", self._classes)):
            if held:
                pairs = b" ".join(_name(key) + b" " + value for key, value in held.items())
                said.append(name + b" << " + pairs + b" >>")
        if self._spaces:
            said.append(b"/Namespaces [ " + b" ".join(self._spaces) + b" ]")
        writer.add(self.root, b"<< " + b" ".join(said) + b" >>")
        suspects = b" /Suspects true" if self._lacks else b""  # some pages came without tags
        return [b"/MarkInfo << /Marked true%s >> /StructTreeRoot %d 0 R" % (suspects, self.root)]


def _said(value: object) -> bytes:
    return value.unparse() if isinstance(value, pikepdf.Object) else b"null"


def _name(key: str) -> bytes:
    return pikepdf.Name(key).unparse()


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % one for one in numbers)
