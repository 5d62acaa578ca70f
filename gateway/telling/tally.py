"""The tally: the parts of a package as its sender counts them."""

from __future__ import annotations

from dataclasses import dataclass

from config.problems import catalogue
from gateway.road.beside import CARDS
from gateway.road.package import Fate, Package, Part
from gateway.telling.mail import counted
from portal.absent import PROBLEMS as ABSENT
from portal.absent import absent

# Not a part to its sender: the message's own words, and the same words in another form.
_WORDS = {"narrative", "alternative"}


def documents(package: Package) -> tuple[Part, ...]:
    """Return the parts that are filed, each a document with a name of its own."""
    return tuple(
        part
        for part in package.parts
        if part.fate in {Fate.FILED, Fate.CONVERTED} and part.filed_name is not None
    )


def _is_empty(part: Part) -> bool:
    return part.reason == "file_empty"


def _needs_sender(part: Part) -> bool:
    """Say whether a part's reason is for its sender to mend."""
    row = catalogue().get(part.reason or "")
    return row is not None and row.mend == "sender"


@dataclass(frozen=True)
class Tally:
    """Who counts what: documents, and what did not become one."""

    package: Package

    @property
    def documents(self) -> tuple[Part, ...]:
        """What is filed, or kept where the package waits."""
        return documents(self.package)

    @property
    def held(self) -> tuple[Part, ...]:
        """What waits by itself."""
        return tuple(part for part in self.package.parts if part.fate is Fate.HELD)

    @property
    def not_filed(self) -> tuple[Part, ...]:
        """What the sender meant to file and we did not take: what is refused, and what is empty."""
        return tuple(
            part
            for part in self.package.parts
            if part.fate is Fate.REFUSED or (part.fate is Fate.LEFT_OUT and _is_empty(part))
        )

    @property
    def left_out(self) -> tuple[Part, ...]:
        """What nobody meant to file: decoration."""
        return tuple(
            part
            for part in self.package.parts
            if part.fate is Fate.LEFT_OUT
            and not _is_empty(part)
            and part.reason not in {*_WORDS, "opened"}
        )

    @property
    def opened(self) -> tuple[Part, ...]:
        """Containers whose members stand by themselves."""
        return tuple(part for part in self.package.parts if part.reason == "opened")

    def inside(self, container: Part) -> int:
        """How many documents came in a container, however deep."""
        return sum(part.path.startswith(f"{container.path}/") for part in self.documents)

    @property
    def missing(self) -> tuple[Part, ...]:
        """The documents that the sender meant to file and that are not filed."""
        return (*self.held, *self.not_filed)

    @property
    def stubs(self) -> tuple[Part, ...]:
        """What is filed and stands in the place of a document that did not come."""
        return tuple(part for part in self.documents if part.reason in ABSENT)

    @property
    def absent(self) -> int:
        """How many documents did not reach us."""
        return absent({"code": one.code, "fields": one.fields} for one in self.package.troubles)

    @property
    def is_encrypted(self) -> bool:
        """Whether the only thing that is absent is a key."""
        codes = {one.code for one in self.package.troubles}
        return codes & ABSENT == {"file_encrypted"}

    @property
    def wholes(self) -> int:
        """How many documents are filed, or kept, that are more than stubs."""
        return len(self.documents) - len(self.stubs)

    @property
    def brought(self) -> int:
        """How many documents came with the message; words are none, its own or passed on.

        Nor is what signs it, or somebody's card: nobody waits for that.
        """
        is_one = (not part.is_beside and part.detected_type not in CARDS for part in self.documents)
        return sum(is_one) - len(self.stubs)

    @property
    def lacking(self) -> int:
        """How many documents the sender meant to file and are not filed, come or not."""
        return len(self.missing) + self.absent

    @property
    def came(self) -> int:
        """How many documents the sender meant to file."""
        return self.wholes + self.lacking

    @property
    def whole(self) -> str:
        """What came, in words: its documents, or the message itself where it had none."""
        return counted(self.came, "document") if self.came else "your message"

    @property
    def needs_the_sender(self) -> bool:
        """Whether the sender can mend what is missing."""
        return self.absent > 0 or any(map(_needs_sender, self.missing))

    @property
    def wanting(self) -> str:
        """The documents that are filed and of no use until their sender does something, counted."""
        many = sum(_needs_sender(part) for part in self.documents if part.reason not in ABSENT)
        return counted(many, "document") if many else ""
