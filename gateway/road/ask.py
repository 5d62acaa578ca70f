"""Ask: whether a sender is asked which case a letter belongs to, or offered to upload the rest."""

from __future__ import annotations

from gateway.addressee import receipt_goes_to
from gateway.letter import Proof
from gateway.road.file import final_state
from gateway.road.package import Package
from gateway.road.resolve import is_to_postmaster_alone
from gateway.telling.tally import Tally

# What its sender can settle by naming a case. Whoever is not known and proven is not asked that.
_QUESTIONS = {
    "case_ambiguous",
    "case_by_address_alone",
    "case_doubted",
    "case_format",
    "case_not_found",
    "consultant_unknown",
}

_UNCONFIRMED = {"sender_not_known", "sender_not_proven"}
# A person vouches for it, it was confirmed already, or its proof has failed: nobody is asked.
_SETTLED = {Proof.OPERATOR, Proof.CODE, Proof.REPLY, Proof.ACCOUNT, Proof.FAILED}


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


def may_confirm(package: Package, *, own_domain: str) -> str | None:
    """Return the address whose reader may confirm a letter that waits, or None.

    It is the one in From, where our receipt goes to that very address: a code says something of the
    mailbox that it is read in, and of no other. A device reads nothing. Whoever passes a message on
    is proven: it is somebody else whom nobody knows then.
    """
    goes_to = receipt_goes_to(package, own_domain=own_domain)
    waits = final_state(package)[0] == "with_us" and package.resolution.hold in _UNCONFIRMED
    settled = package.letter.envelope.proof in _SETTLED or package.device is not None
    settled = settled or package.forwarded is not None
    is_its_own = goes_to is not None and goes_to == package.sender
    return goes_to if waits and is_its_own and not settled else None
