"""The consultant's notice names nobody and nothing."""

from __future__ import annotations

from config.settings import Service
from gateway.notice import notice
from gateway.road.package import Fate
from tests.packages import narrative_part, package, part


def test_a_notice_counts_and_links() -> None:
    filed = package(
        narrative_part(),
        part("2", "secret.pdf", filed_name="secret.pdf"),
        part("3", "logo.png", fate=Fate.LEFT_OUT, reason="decoration"),
        subject="secret",
    )
    said = notice(filed, "7KQ4M2XD", Service(base_url="https://gateway.example"))
    assert said.subject == "New package: 1 document (7KQ4-M2XD)"
    assert said.text == (
        "A package was filed for you: 1 document.\n\nOpen it: https://gateway.example/p/7KQ4-M2XD\n"
    )
