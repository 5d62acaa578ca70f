"""The words of a hold: what was kept, what is asked, and by when a person looks at it."""

from __future__ import annotations

from config.problems import problem
from gateway.road.package import Package
from gateway.telling.mail import harmless
from gateway.telling.part_words import problem_title, problem_words
from gateway.telling.sheet import Link
from portal.six_digits import spaced

_NO_CASE = {"case_format", "case_not_found"}


def held_first(
    package: Package, reason: str | None, whole: str, *, asks: bool, suggests: bool = False
) -> tuple[str, ...]:
    """Return the first sentences: that it was kept, and why it waits.

    `reason` is None for whom no details are told: they read the same words whatever it is. `asks`
    says that the sender is asked which case it is, `suggests` that a case is named for it.
    """
    if suggests:
        why = no_open_case(package, reason) if reason in _NO_CASE else _title(reason, package)
        return tuple(one for one in (_kept(whole)[0], why) if one)
    if asks:
        title = _title(reason, package)
        kept, them = _kept(whole)
        return tuple(one for one in (kept, title, f"We need to know which case {them} to.") if one)
    kept = "We received your message and kept it."
    if reason is not None:
        return kept, problem_words(reason, package)
    return kept, "Our team will look at it."


def _title(reason: str | None, package: Package) -> str:
    return "" if reason is None else problem_title(reason, package)


def no_open_case(package: Package, reason: str | None) -> str:
    """Say that the number that was written is none of an open case, whatever shape it has."""
    value = next(one.fields["value"] for one in package.troubles if one.code == reason)
    return f"{problem('case_not_found').title.format(value=harmless(value))}."


def number_by_reply(example: str) -> str:
    """Ask for a case number by reply, with one of ours as an example, where there is one."""
    such = f", for example {example}" if example else ""
    return f"Reply to this email with the case number and nothing else{such}."


def did_you_mean(number: str) -> str:
    """Ask about a case. The mail that asks keeps its number, so that a YES means this one."""
    return f"Did you mean {number}? Reply YES, or send the right number."


def _kept(whole: str) -> tuple[str, str]:
    if whole.startswith("1 "):
        return "We received your document and kept it.", "it belongs"
    if whole[0].isdigit():
        return f"We received your {whole} and kept them.", "they belong"
    return f"We received {whole} and kept it.", "it belongs"


def held_next(by_when: str, *, has_documents: bool, asks: bool, again: str) -> str:
    """Say what happens next with a package that waits.

    `by_when` is when a person will have looked, or empty; `again` is what need not be sent again.
    """
    it = "Your documents are safe." if has_documents else "Your message is safe."
    if asks:
        return f"{it} You do not need to send anything again."
    by = f", usually by {by_when}" if by_when else ""
    match = "match them to their case" if has_documents else "match it to its case"
    return f"{it} A person will {match}{by}. {again}"


def unconfirmed_first() -> tuple[str, ...]:
    """Return the first sentences to an address not known, or not proven: the same to both."""
    return "We have your message, but cannot tell yet that it came from you.", "It is kept."


def unconfirmed_asks(code: str, base_url: str) -> tuple[str | Link, ...]:
    """Ask whoever reads the mail of an address to confirm it, by its code or by a reply."""
    return (
        Link(f"Enter code {spaced(code)} here", f"{base_url}/confirm"),
        "The code holds for a day; that page can send another.",
        "Or reply to this email with the word YES.",
        "You have not sent us anything? Then you do not need to do anything.",
    )
