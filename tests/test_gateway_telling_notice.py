"""The consultant's notice names nobody and nothing."""

from __future__ import annotations

from config.settings import Service
from gateway.road.package import Fate, Filing
from gateway.telling.notice import notice
from tests.packages import narrative_part, package, part

SERVICE = Service(base_url="https://gateway.example")
CASE = Filing(1, "24-001234", 7, "Dana Reyes", "dana.reyes@sample-mutual.example")
OTHER = Filing(2, "24-005678", 7, "Dana Reyes", "dana.reyes@sample-mutual.example")


def test_a_notice_counts_and_links() -> None:
    filed = package(
        narrative_part(),
        part("2", "secret.pdf", filed_name="secret.pdf"),
        part("3", "logo.png", fate=Fate.LEFT_OUT, reason="decoration"),
        subject="secret",
    )
    said = notice(filed, [CASE], "7KQ4M2XD", SERVICE)
    assert said.subject == "New package: 1 document (7KQ4-M2XD)"
    assert said.text == (
        "A package was filed for you: 1 document.\n\nOpen it: https://gateway.example/p/7KQ4-M2XD\n"
    )


def test_a_notice_says_that_it_is_urgent_and_not_why() -> None:
    said = notice(package(narrative_part(), urgent="secret"), [CASE], "7KQ4M2XD", SERVICE)
    assert said.subject == "Urgent: new package: a message (7KQ4-M2XD)"
    assert said.text.startswith("A package was filed for you: a message. It is marked as urgent.\n")
    assert "secret" not in said.text


def test_a_message_without_documents_is_called_one() -> None:
    said = notice(package(narrative_part()), [CASE], "7KQ4M2XD", SERVICE)
    assert said.subject == "New package: a message (7KQ4-M2XD)"
    assert said.text.startswith("A package was filed for you: a message.\n")


def test_a_notice_says_that_the_parts_are_several() -> None:
    filed = package(
        narrative_part(),
        *(part(f"{n}", f"{n}.pdf", filed_name=f"{n}.pdf", bytes=1000) for n in range(2, 5)),
        most_bytes=2000,
    )
    said = notice(filed, [CASE], "7KQ4M2XD", SERVICE)
    assert said.subject == "New package: 3 documents (7KQ4-M2XD)"
    assert said.text.startswith(
        "A package was filed for you: 3 documents. It was filed as 2 linked submissions, from part"
        " 1 of 2 to part 2 of 2.\n"
    )
    both = " ".join(notice(filed, [CASE, OTHER], "7KQ4M2XD", SERVICE).text.split())
    assert "It was filed as 4 linked submissions. Open it" in both
