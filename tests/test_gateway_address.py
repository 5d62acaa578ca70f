"""Envelope addresses: one canonical form, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from gateway.address import (
    AddressFault,
    NoSuchAddress,
    OurAddresses,
    bounce_address,
    canonical,
    reverse_path,
)

TOKEN = "0123456789abcdef" * 2
OURS = OurAddresses("claims@casebridge.example", Settings().cases.pattern)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Pat@SmithDefence.Example", "pat@smithdefence.example"),
        ('"pat"@smithdefence.example', "pat@smithdefence.example"),
        ('"p\\at"@smithdefence.example', "pat@smithdefence.example"),
        ('"pat.lee"@smithdefence.example', "pat.lee@smithdefence.example"),
        ("@relay.example:pat@smithdefence.example", "pat@smithdefence.example"),
        ("@a.example,@b.example:pat@smithdefence.example", "pat@smithdefence.example"),
        ("pat%inner.example@smithdefence.example", "pat%inner.example@smithdefence.example"),
        ("inner.example!pat@smithdefence.example", "inner.example!pat@smithdefence.example"),
        ("o'neil+tag@smithdefence.example", "o'neil+tag@smithdefence.example"),
        ("pat@XN--BCHER-KVA.example", "pat@xn--bcher-kva.example"),
        ("pat@[192.0.2.1]", "pat@[192.0.2.1]"),
        ("pat@[IPv6:2001:DB8:0::1]", "pat@[ipv6:2001:db8::1]"),
        ("pat@localhost", "pat@localhost"),
        # What mail servers do take, and would send back to a firm if we did not.
        ("scan@Copier_2.firm.example", "scan@copier_2.firm.example"),
        ("a" * 100 + "@bounce.mailer.example", "a" * 100 + "@bounce.mailer.example"),
    ],
)
def test_one_canonical_form(written: str, expected: str) -> None:
    assert canonical(written) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "pat",
        "@smithdefence.example",
        "pat@",
        "pat@@smithdefence.example",
        "pat@smithdefence..example",
        "pat@-smith.example",
        "pat@smith-.example",
        "pat@smithdefence.example.",
        ".pat@smithdefence.example",
        "pat.@smithdefence.example",
        "pat..lee@smithdefence.example",
        "pat lee@smithdefence.example",
        '"pat lee"@smithdefence.example',
        '"pat@smithdefence.example"@evil.example',
        '"pat@evil.example',
        '""@smithdefence.example',
        "alice@example.org)bob@evil.example",
        "pat@smithdefence.example(comment)",
        "pat@smithdefence.example\0.evil.example",
        "pat\r\nRCPT TO:<x@y.example>@smithdefence.example",
        "pat\x1b[31m@smithdefence.example",
        "pät@smithdefence.example",
        "pat@smithdéfence.example",
        "pat@\u017fmith.example",  # a long s, which becomes s in upper case
        "pat\udcff@smithdefence.example",
        "pat@xn--pat-.example",
        "pat@xn--.example",
        "pat@xn--99999999.example",
        "pat@[192.0.2.256]",
        "pat@[2001:db8::1]",
        "pat@[IPv6:fe80::1%eth0]",
        "pat@[x-tag:abc]",
        "@:pat@smithdefence.example",
        "a" * 234 + "@smithdefence.example",
        "pat@" + "a" * 64 + ".example",
        "pat@" + "a.example." * 30 + "example",
    ],
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(AddressFault):
        canonical(written)


@given(st.text(max_size=40).map(lambda text: f"{text}@smithdefence.example"))
def test_canonical_is_a_fixed_point_in_plain_ascii(written: str) -> None:
    try:
        address = canonical(written)
    except AddressFault:
        return
    assert canonical(address) == address
    assert address.isascii()
    assert address == address.lower()
    assert address.count("@") == 1


@given(
    local=st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True),
    route=st.sampled_from(["", "@a.example:", "@a.example,@b.example:"]),
    quoted=st.booleans(),
)
def test_every_way_to_write_one_address_is_one_address(
    local: str, route: str, quoted: bool
) -> None:
    written = f'"{local}"' if quoted else local
    assert canonical(f"{route}{written}@Firm.Example") == f"{local.lower()}@firm.example"


def test_the_null_sender_is_taken() -> None:
    assert reverse_path("") == ""
    with pytest.raises(AddressFault):
        reverse_path("postmaster")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("claims@casebridge.example", "claims@casebridge.example"),
        ("CLAIMS@CaseBridge.Example", "claims@casebridge.example"),
        ('"claims"@casebridge.example', "claims@casebridge.example"),
        ("@evil.example:claims@casebridge.example", "claims@casebridge.example"),
        ("claims+24-001234@casebridge.example", "claims+24-001234@casebridge.example"),
        ("24-001234@casebridge.example", "24-001234@casebridge.example"),
        ("99-999999@casebridge.example", "99-999999@casebridge.example"),
        ("postmaster@casebridge.example", "postmaster@casebridge.example"),
        ("Postmaster", "postmaster@casebridge.example"),
    ],
)
def test_our_addresses(written: str, expected: str) -> None:
    assert OURS.recipient(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "cliams@casebridge.example",
        "claims@evil.example",
        "claims@casebridge.example.evil.example",
        "claims@xn--csebridge-r7a.example",
        "claims+@casebridge.example",
        "claims+24-00123@casebridge.example",
        "claims+24-0012345@casebridge.example",
        "claims+24-001234+24-001235@casebridge.example",
        "claims+claims+24-001234@casebridge.example",
        "claims-24-001234@casebridge.example",
        "24-001234@evil.example",
        "postmaster+24-001234@casebridge.example",
        "claims%casebridge.example@casebridge.example",
        "claims%evil.example@casebridge.example",
        "root@casebridge.example",
    ],
)
def test_nothing_else_is_ours(written: str) -> None:
    with pytest.raises(NoSuchAddress):
        OURS.recipient(written)


def test_the_tag_is_found_in_both_forms() -> None:
    assert OURS.case_tag("claims+24-001234@casebridge.example") == "24-001234"
    assert OURS.case_tag("24-001234@casebridge.example") == "24-001234"
    assert OURS.case_tag("claims@casebridge.example") is None
    assert OURS.case_tag("24-001234@firm.example") is None


def test_digits_of_other_scripts_are_no_case_number() -> None:
    # \d of a str pattern takes them unless it is told otherwise.
    assert OURS.case_tag("٢٤-٠٠١٢٣٤@casebridge.example") is None


def test_a_pattern_with_letters_is_read_in_any_case() -> None:
    ours = OurAddresses("claims@casebridge.example", r"MM\d{4}")
    assert ours.recipient("claims+MM1234@casebridge.example").startswith("claims+mm1234@")
    assert ours.case_tag("mm1234@casebridge.example") == "mm1234"


def test_a_message_of_ours_is_known_by_its_domain() -> None:
    assert OURS.own_message("Token-1_x@CaseBridge.example") == "Token-1_x"
    assert OURS.own_message("Token-1_x@casebridge.example.evil.example") is None
    assert OURS.own_message("Token-1_x") is None


@pytest.mark.parametrize("written", ["try@casebridge.example", "Try@CaseBridge.example"])
def test_the_rehearsal_mailbox_is_ours(written: str) -> None:
    assert OURS.recipient(written) == "try@casebridge.example"
    other = OurAddresses("claims@casebridge.example", Settings().cases.pattern, "rehearse")
    assert other.recipient("rehearse@casebridge.example")
    with pytest.raises(NoSuchAddress):
        other.recipient("try@casebridge.example")


def test_a_return_path_of_ours_takes_what_comes_back() -> None:
    path = bounce_address(TOKEN, "claims@casebridge.example")
    assert OURS.recipient(path.upper()) == path
    assert OURS.bounce_token(path) == TOKEN
    assert OURS.return_tokens([path, path]) == (TOKEN, TOKEN)
    assert OURS.return_tokens([path, "claims@casebridge.example"]) == ()
    assert OURS.return_tokens([]) == ()


@pytest.mark.parametrize(
    "written",
    [
        "bounce@casebridge.example",
        f"bounce+{TOKEN[1:]}@casebridge.example",
        f"bounce+{TOKEN}0@casebridge.example",
        f"bounce+{TOKEN[1:]}g@casebridge.example",
        f"bounce-{TOKEN}@casebridge.example",
        f"bounce+{TOKEN}@elsewhere.example",
        "try+1@casebridge.example",
        "try@elsewhere.example",
    ],
)
def test_what_only_looks_like_one_is_not_ours(written: str) -> None:
    with pytest.raises(NoSuchAddress):
        OURS.recipient(written)
