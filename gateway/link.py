"""A link as it leads: out of the addresses that mail systems put around it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from config.elsewhere import Rewriter

_MOST_WRAPPINGS = 5
_WEB = re.compile(r"https?://[^\s<>\"'\[\]{}|\\^`\u0000-\u001f]{3,4000}", re.IGNORECASE)
_TRAILING = ".,;:!?*_)>\u2019\u201d\u00bb\u3002\uff0c"
_UNDERSCORES = re.compile(
    r"/___?(?P<address>https?:?/.+?)_{2,3}(?:[;.]|\Z)(?P<rest>[^!]*)", re.IGNORECASE
)
_STAR = re.compile(r"\*(?:\*(?P<run>[A-Za-z0-9_-]))?")
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ONE_SLASH = re.compile(r"\A(https?):/+", re.IGNORECASE)
# What tells one visit from another, and never one file from another.
_TRACES = re.compile(r"(?:&|\A)(?:utm_\w+|e|ct|or|web|ga|at|xsdata|sdata|email_hmac|clickid)=[^&]*")


@dataclass(frozen=True)
class Target:
    """Where a link leads: its host alone, where a rewriter hides the rest."""

    host: str  # in lower case
    rest: str | None  # path, query and fragment, from the first slash on; None where hidden

    @property
    def address(self) -> str:
        """The address without https://, as the rules read it."""
        return self.host + (self.rest or "")

    @property
    def same(self) -> str:
        """What two links to one thing have in common."""
        path, mark, query = (self.rest or "").partition("?")
        return f"{self.host}{path.rstrip('/')}{mark}{_TRACES.sub('', query)}"


def links_in(text: str) -> Iterator[str]:
    """Give the web addresses that are written out in a text."""
    for found in _WEB.finditer(text):
        address = found[0].rstrip(_TRAILING)
        # An address in brackets ends before the one that closes them.
        if found[0].rstrip(".,;:!?").endswith(")") and address.count("(") > address.count(")"):
            address += ")"
        yield address


def target(address: str, rewriters: Sequence[Rewriter]) -> Target | None:
    """Return where an address leads; None where it is no web address."""
    for _ in range(_MOST_WRAPPINGS):
        without = re.sub(r"\Ahttps?://", "", address.strip(), flags=re.IGNORECASE)
        host, slash, rest = without.partition("/")
        host, mark, query = host.partition("?")
        rest = slash + rest if not mark else f"/?{query}{slash}{rest}"
        host = host.rpartition("@")[2].partition(":")[0].lower()
        if "." not in host:
            return None
        found = next((one for one in rewriters if _is_of(one, host, rest)), None)
        if found is None:
            return Target(host, rest)
        if found.how == "domain":
            named = _value(found, address)
            return Target(named.lower(), None) if named else Target(host, rest)
        inner = _within(found, address)
        if inner is None or not re.match(r"https?://", inner, re.IGNORECASE):
            return Target(host, rest)
        address = inner
    return None


def _is_of(rewriter: Rewriter, host: str, rest: str) -> bool:
    match = rewriter.hosts.match(host + rest)
    return match is not None and match.end() == len(host)


def _within(rewriter: Rewriter, address: str) -> str | None:
    if rewriter.how == "segment":
        found = re.search(r"/(https?(?:%3A|:).+)", address, re.IGNORECASE)
        return _ONE_SLASH.sub(r"\1://", unquote(found[1])) if found else None
    if rewriter.how == "underscores":
        return _from_underscores(address)
    value = _value(rewriter, address)
    if value is None or rewriter.how == "query":
        return value
    if rewriter.how == "dashes":
        return unquote(value.replace("-", "%").replace("_", "/"))
    return _from_base64(value)


def _value(rewriter: Rewriter, address: str) -> str | None:
    try:
        values = parse_qs(urlsplit(address).query, max_num_fields=100)
    except ValueError:
        return None
    return next((values[key][0] for key in rewriter.keys if values.get(key)), None)


def _from_base64(value: str) -> str | None:
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_").decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _from_underscores(address: str) -> str | None:
    """Undo Proofpoint's third form: what it replaced by stars stands behind, in base64."""
    found = _UNDERSCORES.search(address)
    if found is None:
        return None
    inner = _ONE_SLASH.sub(r"\1://", found["address"])
    kept = iter(_from_base64(found["rest"]) or "")

    def put_back(star: re.Match[str]) -> str:
        many = 1 if star["run"] is None else _RUNS.index(star["run"]) + 2
        return "".join(next(kept, "*") for _ in range(many))

    return _STAR.sub(put_back, inner) if "*" in inner else inner
