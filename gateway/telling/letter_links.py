"""Letter links: the one-time ways to our pages that a letter's receipt holds."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings import Settings
from gateway.road.ask import is_offered_an_upload
from gateway.road.file import MailedLink
from gateway.road.package import Package
from portal import answer_link, sign_in, upload_link


@dataclass(frozen=True)
class LetterLinks:
    """Each way as it stands in the mail, and what is kept of it."""

    answer: str | None = None  # to the page where the sender says which case it is
    question: MailedLink | None = None
    upload: str | None = None  # to the form, for what did not reach us
    offered: MailedLink | None = None


def links_of(package: Package, settings: Settings, *, is_decided: bool) -> LetterLinks:
    """Make the links of a package that is no rehearsal. What a person decided offers no upload."""
    base = settings.service.base_url
    if package.asked:
        token = sign_in.new_token()
        kept = MailedLink(answer_link.sha256(token), settings.triage.answer_days)
        return LetterLinks(answer=f"{base}/answer/{token}", question=kept)
    encrypted, domain = settings.outbound.is_encrypted, settings.intake.domain
    if is_decided or not is_offered_an_upload(package, own_domain=domain, encrypted=encrypted):
        return LetterLinks()
    token = sign_in.new_token()
    kept = MailedLink(upload_link.sha256(token), settings.sending.link_days)
    return LetterLinks(upload=f"{base}/send/with/{token}", offered=kept)
