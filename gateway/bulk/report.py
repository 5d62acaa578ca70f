"""The report of an import: what was taken, what was there before, what was passed by, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """Counts of messages, and of files that are none."""

    taken: int = 0
    before: int = 0  # taken by an earlier import
    not_taken: Counter[str] = field(default_factory=Counter)  # by the code of the problem
    passed: Counter[str] = field(default_factory=Counter)  # "deleted", "draft", "no_mail"

    @property
    def messages(self) -> int:
        """How many messages were seen; a file that could not be read counts as one."""
        aside = self.passed["deleted"] + self.passed["draft"]
        return self.taken + self.before + self.not_taken.total() + aside

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "messages": self.messages,
            "taken": self.taken,
            "there_before": self.before,
            "not_taken": dict(sorted(self.not_taken.items())),
            "passed": dict(sorted(self.passed.items())),
        }
