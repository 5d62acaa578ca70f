"""Links as they lead: every rewriter's form, written by hand from what their makers document."""

from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest

from config.elsewhere import rules
from gateway.link import links_in, target

SHARED = "https://www.dropbox.com/s/a1b2c3/records.pdf?dl=0"
BARE = "www.dropbox.com/s/a1b2c3/records.pdf?dl=0"
QUOTED = quote(SHARED, safe="")
DASHED = QUOTED.replace("%2F", "_").replace("%", "-")
BASE64 = urlsafe_b64encode(SHARED.encode()).decode().rstrip("=")


def leads_to(address: str) -> str | None:
    found = target(address, rules().rewriters)
    return None if found is None else found.address


@pytest.mark.parametrize(
    "address",
    [
        SHARED,
        f"https://nam12.safelinks.protection.outlook.com/?url={QUOTED}&data=05%7C01&reserved=0",
        f"https://nam12.safelinks.protection.outlook.com/ap/x-59584e83/?url={QUOTED}&data=05",
        f"https://urldefense.proofpoint.com/v1/url?u={QUOTED}&k=abc",
        f"https://urldefense.proofpoint.com/v2/url?u={DASHED}&d=DwMFaQ&c=x",
        f"https://urldefense.com/v3/__{SHARED}__;!!Abc123!token$",
        "https://urldefense.com/v3/__https://www.dropbox.com/s/a1b2c3/records.pdf*dl=0__;Pw!!A!t$",
        "https://urldefense.com/v3/__https:/www.dropbox.com/s/a1b2c3/records.pdf?dl=0__;!!A!t$",
        f"https://linkprotect.cudasvc.com/url?a={QUOTED}&c=E,1,x&typo=1",
        f"https://secure-web.cisco.com/1aBcD-x_y/{QUOTED}",
        f"https://us-west-2.protection.sophos.com/?d=dropbox.com&u={BASE64}&p=m&i=x",
        f"https://protect2.fireeye.com/v1/url?k=1-2&q=1&e=3&u={QUOTED}",
        f"https://url.avanan.click/v2/___{SHARED}___.YXAzOm",
        f"https://protect.checkpoint.com/v2/r01/___{SHARED}___.YXAzOm",
        f"https://www.google.com/url?q={QUOTED}&sa=D",
        "https://nam12.safelinks.protection.outlook.com/?url="
        + quote(f"https://urldefense.com/v3/__{SHARED}__;!!A!t$", safe="")
        + "&data=05",
    ],
)
def test_a_rewritten_link_leads_where_it_led(address: str) -> None:
    assert leads_to(address) == BARE


def test_stars_of_the_third_form_come_back_in_runs() -> None:
    kept = urlsafe_b64encode("äöü".encode()).decode()
    address = f"https://urldefense.com/v3/__https://x.example/s/*b**A__;{kept}!!A!t$"
    assert leads_to(address) == "x.example/s/äböü"


def test_a_host_is_known_where_the_rest_is_hidden() -> None:
    found = target(
        "https://protect-us.mimecast.com/s/abC1?domain=baker.sharefile.com", rules().rewriters
    )
    assert found is not None
    assert (found.host, found.rest) == ("baker.sharefile.com", None)


@pytest.mark.parametrize(
    "address",
    [
        "https://nam12.safelinks.protection.outlook.com/?data=05",
        "https://us-west-2.protection.sophos.com/?u=%%%",
        "https://urldefense.com/v3/nothing",
        "https://secure-web.cisco.com/1aBcD",
    ],
)
def test_a_rewriter_that_says_nothing_is_taken_as_it_is(address: str) -> None:
    assert leads_to(address) == address.removeprefix("https://")


def test_rewriters_within_one_another_without_end_are_left() -> None:
    address = SHARED
    for _ in range(8):
        address = f"https://www.google.com/url?q={quote(address, safe='')}"
    assert leads_to(address) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://a.example/x.", ["https://a.example/x"]),
        ("(https://a.example/x_(1))", ["https://a.example/x_(1)"]),
        ("records.pdf<https://a.example/x>, more", ["https://a.example/x"]),
        ("HTTPS://A.example/x and http://b.example", ["HTTPS://A.example/x", "http://b.example"]),
        ("no address: https:// nor www.a.example", []),
    ],
)
def test_addresses_are_found_in_text(text: str, expected: list[str]) -> None:
    assert list(links_in(text)) == expected


def test_one_thing_linked_twice_is_one() -> None:
    first = target("https://x.sharepoint.com/:b:/s/a/Abc?e=q1w2e3", rules().rewriters)
    second = target("https://x.sharepoint.com/:b:/s/a/Abc?e=zzz", rules().rewriters)
    assert first is not None
    assert second is not None
    assert first.same == second.same
