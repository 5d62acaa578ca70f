"""Explanation: the decision trail of one message, as `casebridge explain --json` prints it."""

from __future__ import annotations

from typing import Any

from config.problems import catalogue
from converters.grounds import By
from gateway.road.package import Package, Part
from gateway.telling.mail import Mail
from gateway.telling.part_words import shown_name
from portal import vocabulary

_BEGINNING = 80


def explanation(package: Package, receipt: Mail) -> dict[str, Any]:
    """Return the trail as docs/rules.md fixes it ("What stays stable"), ready for JSON.

    `filed_name` is the name that the receipt tells: of a converted part that of its PDF. `problems`
    are those of the whole message and of its parts, each code once; `narrative` is as the portal
    would show it. The case, the fates and the receipt of what is no submission are those that it
    would have if a person filed it after all.
    """
    envelope, resolution = package.letter.envelope, package.resolution
    return {
        "message_id": package.message_id,
        "sender": {
            "header_from": package.header_from,
            "envelope_from": envelope.sender,
            "proof": envelope.proof.value,
        },
        **_forwarded(package),
        "subject": package.subject,
        "narrative": package.short_narrative,
        "narrative_overflow": package.narrative_overflow,
        "message_pdf": package.message_pdf,
        "case": {
            "number": resolution.case_number,
            "found_in": resolution.found_in,
            "candidates": [
                {"text": one.text, "number": one.number, "found_in": one.found_in, "why": one.why}
                for one in resolution.candidates
            ],
        },
        "consultant": {"name": resolution.consultant_name, "how": resolution.how},
        "urgent": package.urgent,
        "problems": _problems(package),
        "set_apart": [
            {"what": one.what, "characters": len(one.text), "begins": _begins(one.text)}
            for one in package.set_apart
        ],
        "elsewhere": [
            {"rule": one.rule, "problem": one.problem, "seen": one.what, "n": one.n}
            for one in package.elsewhere
        ],
        "parts": [_part(part) for part in package.parts],
        **_by_machine(package),
        "receipt": {"subject": receipt.subject, "text": receipt.text},
    }


_WAYS = {
    By.BYTES: "its bytes",
    By.STRUCTURE: "what is in it",
    By.DECLARED: "its declared type",
    By.NAME: "its name",
}


def grounds(part: Part) -> str:
    """Say to an engineer what showed a part's type, what speaks against it, and what else it is."""
    said = [f"{part.detected_type} by {_WAYS[part.grounds.by]}"]
    for way in part.grounds.against:
        its = f" ({part.declared_type})" if way == By.DECLARED else ""
        said.append(f"against {_WAYS[By(way)]}{its}")
    if part.grounds.also is not None:
        said.append(f"valid as {part.grounds.also} too")
    told = sorted(part.flags - {"words", "alternative", "opened"})
    return ", ".join(said) + (f" [{' '.join(told)}]" if told else "")


def _problems(package: Package) -> list[str]:
    codes = [trouble.code for trouble in package.troubles]
    codes += [part.reason for part in package.parts if part.reason and part.reason in catalogue()]
    return list(dict.fromkeys(codes))


def _by_machine(package: Package) -> dict[str, Any]:
    """Say what a letter is that no person meant to be filed, or to be answered."""
    told: dict[str, Any] = {}
    if (found := package.not_submission) is not None:
        told["not_submission"] = {"kind": found.kind, "rule": found.rule}
    if (device := package.device) is not None:
        told["device"] = {"rule": device.rule, "contact": device.contact}
    return told


def _forwarded(package: Package) -> dict[str, Any]:
    """Say who of the staff passed it on; then From, subject and words are of what was passed on."""
    passed_on = package.forwarded
    if passed_on is None:
        return {}
    return {
        "forwarded": {
            "said": vocabulary.forwarded(passed_on.by, passed_on.how),
            "by": passed_on.by,
            "address": passed_on.address,
            "how": passed_on.how,
            "sender": passed_on.sender,
            "firm": passed_on.firm_name,
            "message_id": passed_on.message_id,
        }
    }


def _begins(text: str) -> str:
    return " ".join(text.split())[:_BEGINNING]


def _part(part: Part) -> dict[str, Any]:
    return {
        "path": part.path,
        "original_name": part.original_name,
        "filed_name": shown_name(part),
        "declared_type": part.declared_type,
        "detected_type": part.detected_type,
        "bytes": part.bytes,
        "sha256": part.sha256,
        "fate": part.fate.value if part.fate is not None else None,
        "reason": part.reason,
        "pdf": None if part.pdf is None else {"pages": part.pdf.pages, "bytes": part.pdf.bytes},
        "container": part.container,
    }
