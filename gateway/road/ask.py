"""Ask: whether a sender is asked which case a letter belongs to, or offered to upload the rest."""

from __future__ import annotations

from gateway.addressee import receipt_goes_to
from gateway.road.package import Package
from gateway.road.resolve import is_to_postmaster_alone
from gateway.tally import Tally

# What its sender can settle by naming a case. Whoever is not known and proven is asked nothing.
_QUESTIONS = {"case_ambiguous", "case_format", "case_not_found", "consultant_unknown"}


def ask(package: Package, *, own_domain: str, encrypted: bool | None = None) -> Package:
    """Mark a package whose sender is asked: one that is known and proven, and reads our answer.

    A letter whose case is known, and only its consultant is not, is for our own people. The page
    that asks names files, so its link goes no way that is open to others: `encrypted` as for a
    receipt, None where the way is ours alone.
    """
    resolution = package.resolution
    wanted = (
        package.asked or (resolution.hold in _QUESTIONS and resolution.case_id is None)
    ) and not is_to_postmaster_alone(package.letter.envelope)
    can = _can_be_given_a_link(package, own_domain, encrypted)
    return package.but(asked=wanted and can)


def is_offered_an_upload(package: Package, *, own_domain: str, encrypted: bool | None) -> bool:
    """Say whether the receipt offers the form, its case filled in, for what did not reach us.

    The link shows the case, so it goes where a question may go.
    """
    lacks = Tally(package).absent > 0 and len({one.case_id for one in package.filed_under}) == 1
    return lacks and _can_be_given_a_link(package, own_domain, encrypted)


def _can_be_given_a_link(package: Package, own_domain: str, encrypted: bool | None) -> bool:
    reads = receipt_goes_to(package, own_domain=own_domain) is not None
    return package.resolution.firm_id is not None and reads and encrypted is not False
