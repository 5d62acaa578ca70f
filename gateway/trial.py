"""A trial: whether a letter only asks what would become of it, by the address it was sent to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from config.settings import Intake


class Trial(Enum):
    """What the rehearsal address has to do with a letter."""

    NONE = "none"
    ALONE = "alone"  # nothing is filed
    BESIDE = "beside"  # a real address stands beside it, and the letter counts as real

    @classmethod
    def of(cls, recipients: Iterable[str], intake: Intake) -> Trial:
        """Tell it from a letter's recipients, in canonical form."""
        asked = {recipient == intake.rehearsal_address for recipient in recipients}
        if asked == {True}:
            return cls.ALONE
        return cls.BESIDE if True in asked else cls.NONE
