"""The consultant's notice: that something came, and where it is. It names nobody and nothing."""

from __future__ import annotations

from collections.abc import Sequence

from config.settings import Service
from gateway.linked_words import in_all
from gateway.mail import Mail, counted
from gateway.road.package import Filing, Package
from gateway.tally import documents
from gateway.telling.sheet import Link, Sheet
from portal import receipt_number


def notice(package: Package, filings: Sequence[Filing], number: str, service: Service) -> Mail:
    """Write the notice of a filed package to the reader of some of its filings.

    `number` is its receipt number as stored.
    """
    shown = receipt_number.shown(number)
    number_of = len(documents(package))
    many = counted(number_of, "document") if number_of else "a message"
    return Mail.of(
        Sheet(
            subject=f"New package: {many} ({shown})",
            heading=f"A package was filed for you: {many}.",
            lead=in_all(package, filings),
            ways=(Link("Open it", f"{service.base_url}/p/{shown}"),),
        )
    )


def addition(documents: int, number: str, service: Service) -> Mail:
    """Write the notice that a later message brought documents to a package.

    `number` is the package's receipt number as stored.
    """
    shown = receipt_number.shown(number)
    many = counted(documents, "document")
    return Mail.of(
        Sheet(
            subject=f"Added to a package: {many} ({shown})",
            heading=f"A later message brought {many} to a package of yours.",
            ways=(Link("Open it", f"{service.base_url}/p/{shown}"),),
        )
    )


def erasure_asked(number: str, service: Service, *, hidden: bool) -> Mail:
    """Write the notice that the sender of a package asks to delete something of it."""
    shown = receipt_number.shown(number)
    lead = "It is hidden until you decide." if hidden else "It stays in sight until you decide."
    return Mail.of(
        Sheet(
            subject=f"Asked to delete a document ({shown})",
            heading="The sender of a package asks you to delete a document of it.",
            lead=(lead,),
            ways=(Link("See who asks and why", f"{service.base_url}/p/{shown}"),),
        )
    )


def said(number: str, service: Service) -> Mail:
    """Write the notice that a later message says something about a package, and not what."""
    shown = receipt_number.shown(number)
    return Mail.of(
        Sheet(
            subject=f"New message on a package ({shown})",
            heading="The sender of a package wrote to you about it.",
            ways=(Link("Read it", f"{service.base_url}/p/{shown}"),),
        )
    )
