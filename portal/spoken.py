"""A dossier in words: its state, who has it, what happens next, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal import vocabulary
from portal.dossier import Dossier
from portal.piece import Piece
from portal.rights import may_read_details

_OPENED = ("unlocked", "unlocked_beside")  # of a document whose password was given since


@dataclass(frozen=True)
class Spoken:
    """What the page says of a package. Words come from the vocabulary and the catalogues alone."""

    dossier: Dossier

    @property
    def tone(self) -> str:
        """The look of the state; its words say the same."""
        return vocabulary.STATES[self.dossier.state].tone

    @property
    def words(self) -> str:
        """The state: `Filed, except 1`."""
        if self._is_in_other:
            return vocabulary.IN_OTHER
        return vocabulary.state(self.dossier.state, self.dossier.missing)

    @property
    def holder(self) -> str:
        """Who has it."""
        names = dict.fromkeys(one.consultant for one in self.dossier.submissions if one.consultant)
        return vocabulary.STATES[self.dossier.state].holder.format(
            consultant=" and ".join(names) or "operations"
        )

    @property
    def next(self) -> str:
        """What happens next."""
        if self._is_in_other:
            return "It is shown there."
        if self.dossier.submissions and all(
            one.consultant is None for one in self.dossier.submissions
        ):
            return "Operations find a consultant for it."
        return vocabulary.STATES[self.dossier.state].next

    @property
    def reason(self) -> tuple[str, str] | None:
        """Why it is in this state, and what the sender is asked to do about it."""
        # Of a letter filed in part, the part's own row says why.
        if self.dossier.reason is None or self.dossier.state == "filed_in_part":
            return None
        if self.dossier.reason in vocabulary.NOT_SUBMISSIONS:
            return vocabulary.NOT_SUBMISSIONS[self.dossier.reason], ""
        if self.dossier.state == "set_aside" and self.dossier.reason in vocabulary.BELONGS:
            return vocabulary.BELONGS[self.dossier.reason], ""
        return vocabulary.problem(self.dossier.reason, self._fields(self.dossier.reason, None))

    @property
    def notes(self) -> tuple[str, ...]:
        """The problems that stand neither at a part nor beside the state.

        What the sender can mend is worded for the sender, and said to be. Of a letter that was set
        aside nobody has to look at anything; but why nobody was told of it is said.
        """
        is_aside = self.dossier.state == "set_aside"
        shown = {piece.reason for piece in self.dossier.pieces}
        opened = {piece.path for piece in self.dossier.pieces if piece.reason in _OPENED}
        if self.reason is not None:
            shown.add(self.dossier.reason)
        problems = self.dossier.contents.problems if self.dossier.contents else ()
        said = (
            ("The sender reads: " if vocabulary.is_for_sender(one["code"]) else "")
            + vocabulary.problem(one["code"], self._given | one["fields"])[0]
            for one in problems
            if one["code"] not in shown
            and not (is_aside and one["code"] != vocabulary.REPEATS)
            and not (one["code"] == "file_password" and one["part"] in opened)
        )
        return tuple(dict.fromkeys(said))

    def fate(self, piece: Piece) -> tuple[str, str]:
        """Say a part's fate, and its look: while the letter waits, nothing of it is filed yet."""
        if piece.is_hidden:
            return vocabulary.HIDDEN
        if piece.healed_by is not None:
            return vocabulary.HEALED
        waits = self.dossier.state in {"with_us", "needs_you"}
        if waits and piece.fate in {"filed", "converted"}:
            return vocabulary.FATES_TO_COME[piece.fate], "calm"
        if piece.reason == "narrative" and not piece.is_document:
            return "Shown above", "calm"
        return vocabulary.FATES[piece.fate], vocabulary.FATE_TONES[piece.fate]

    def name(self, piece: Piece) -> str:
        """Name a part: ours for it, else its sender's, else what it is."""
        words = "The message" if piece.reason == "narrative" else "Without a name"
        return piece.shown_name or piece.original_name or words

    def why(self, piece: Piece) -> str | None:
        """Why a part has its fate."""
        if piece.reason is None:
            return None
        fields = self._fields(piece.reason, piece.path) | {
            "name": piece.original_name or piece.filed_name or "a file without a name"
        }
        said = vocabulary.fate_reason(piece.reason, fields)
        better = next((one for one in self.dossier.pieces if one.id == piece.healed_by), None)
        return said if better is None else vocabulary.healed(said, better.shown_name or "")

    def came_with(self, piece: Piece) -> str | None:
        """Return the receipt of the later message that brought a document to the package."""
        messages = self.dossier.messages
        return next((one.receipt for one in messages if one.letter_id == piece.came_with), None)

    @property
    def _is_in_other(self) -> bool:
        """Whether it is set aside, and stands on the page of another letter."""
        return self.dossier.state == "set_aside" and self.dossier.home is not None

    @property
    def _consultant(self) -> str:
        return self.holder

    @property
    def _given(self) -> dict[str, Any]:
        contents = self.dossier.contents
        candidates = contents.candidates if contents else ()
        numbers = [
            one["number"] or one["text"]
            for one in candidates
            if one.get("consultant_id") is None  # else it is a name
        ]
        named = list(dict.fromkeys(numbers))
        return {
            "address": self.dossier.sender or "the sender",
            "domain": self.dossier.sender.rpartition("@")[2] or "the sender",
            "consultant": self._consultant,
            "value": named[0] if named else "\N{HORIZONTAL ELLIPSIS}",
            "n": len(named),
            "list": ", ".join(named),
        }

    def _fields(self, code: str, path: str | None) -> dict[str, Any]:
        """The fields that the road gave a problem, over what the record itself can fill in."""
        problems = self.dossier.contents.problems if self.dossier.contents else ()
        given: dict[str, Any] = next(
            (one["fields"] for one in problems if one["code"] == code and one["part"] == path), {}
        )
        return self._given | given


@dataclass(frozen=True)
class ToSender(Spoken):
    """What the sender's page says: the same words of state and fate, and no name of ours."""

    encrypted: bool | None  # whether our mails to the sender are, as `rights.is_private` takes it

    @property
    def words(self) -> str:
        """The state: `Waiting for you`."""
        if self._is_in_other:
            return vocabulary.IN_OTHER
        return vocabulary.STATES_FOR_SENDER.get(self.dossier.state, super().words)

    @property
    def names(self) -> bool:
        """Whether files are named to the sender, or counted."""
        return may_read_details(self.dossier.firm_id, self.dossier.proof, self.encrypted)

    @property
    def next(self) -> str:
        """What happens next."""
        if self._is_in_other:
            return "We have added it to your earlier message. You do not need to do anything."
        return vocabulary.NEXT_FOR_SENDER.get(self.dossier.state, "")

    @property
    def was_handed(self) -> bool:
        """Whether the package went to another consultant."""
        return any(one.handed is not None for one in self.dossier.submissions)

    @property
    def _consultant(self) -> str:
        return "your claims consultant"
