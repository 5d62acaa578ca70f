"""A manifest: the content of a letter whose files are in the vault already. The web form's.

We write it ourselves, from what was typed and uploaded: what is in it is foreign text, its form is
not. The same draft gives the same bytes, whoever sends it and however often.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.details import BY_CASE, BY_CONSULTANT, FIELDS

_VERSION = 1
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
_UNKNOWN = "application/octet-stream"
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = dict.fromkeys((*range(32), 127))
_MOST_NAME = 2000


class NotAManifest(Exception):
    """These bytes are no manifest of ours."""


@dataclass(frozen=True)
class ListedFile:
    """One file of a manifest: a blob of the vault, and what its sender said of it."""

    name: str  # on one line
    declared_type: str
    document_type: str | None
    description: str | None
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What was typed into the form, and the files that were uploaded to it."""

    draft_id: int
    fields: Mapping[str, str]
    files: tuple[ListedFile, ...]

    @classmethod
    def of(
        cls, draft_id: int, fields: Mapping[str, Any], files: tuple[ListedFile, ...]
    ) -> Manifest:
        """Make one of a draft. Text becomes what the record can hold, and lines end with \\n."""
        typed = {name: _text(fields.get(name)) for name in FIELDS}
        return cls(draft_id, {name: said for name, said in typed.items() if said}, files)

    def written(self) -> bytes:
        """Return the bytes: canonical JSON, one form for one content."""
        said = {
            "version": _VERSION,
            "draft": self.draft_id,
            "fields": dict(self.fields),
            "files": [
                {
                    "name": one.name,
                    "declared_type": one.declared_type,
                    "document_type": one.document_type,
                    "description": one.description,
                    "sha256": one.sha256,
                    "bytes": one.bytes,
                }
                for one in self.files
            ],
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def read(cls, written: bytes) -> Manifest:
        """Return what was written. Raises NotAManifest."""
        try:
            said = json.loads(written)
            if said["version"] != _VERSION:
                raise NotAManifest("version")
            files = tuple(ListedFile(**one) for one in said["files"])
            return cls(said["draft"], said["fields"], files)
        except (ValueError, KeyError, TypeError) as error:
            raise NotAManifest(type(error).__name__) from error

    def field(self, name: str) -> str:
        """Return what was typed into a field, without the blank space around it."""
        return self.fields.get(name, "").strip()

    @property
    def case(self) -> str | None:
        """What was typed as a case number, where the sender went by one."""
        return self.field("case") or None if self.field("way") == BY_CASE else None

    @property
    def consultant(self) -> str | None:
        """Whom the sender chose, where they went by a consultant."""
        return self.field("consultant") or None if self.field("way") == BY_CONSULTANT else None

    @property
    def deadline(self) -> date | None:
        """The day that was named as a deadline; None for none, or for what is no date."""
        try:
            return date.fromisoformat(self.field("deadline"))
        except ValueError:
            return None


def listed(
    name: str,
    declared_type: str,
    sha256: str,
    octets: int,
    *,
    document_type: str | None = None,
    description: str | None = None,
) -> ListedFile:
    """Describe a file of `octets` bytes as a manifest holds it."""
    declared = declared_type.partition(";")[0].strip().lower()
    return ListedFile(
        name=_line(name)[:_MOST_NAME],
        declared_type=declared if _MEDIA_TYPE.fullmatch(declared) else _UNKNOWN,
        document_type=_line(document_type) or None,
        description=_line(description) or None,
        sha256=sha256,
        bytes=octets,
    )


def _text(value: object) -> str:
    """Return foreign text as the record can hold it: no NUL, no half of a surrogate pair."""
    text = value if isinstance(value, str) else ""
    text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return _LINE_ENDS.sub("\n", text)


def _line(value: str | None) -> str:
    return _text(value).replace("\n", " ").translate(_CONTROLS).strip()
