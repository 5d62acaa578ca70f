"""Elsewhere: documents that a message speaks of and that did not reach us. Nothing is fetched.

The worst false success is "Filed: 1 document" for a message whose documents never came. The rules
are those of config/elsewhere.toml; only the new words count, or all words where none is new: then
what was forwarded is what the sender means.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from config.elsewhere import Elsewhere, Rule
from gateway.link import Target, links_in, target
from gateway.numbers.legible import visible
from gateway.road.package import Fate, Package, Part, Seen, Trouble

_MOST_CHARACTERS = 50_000
_MOST_LINKS = 500
_MOST_LISTED = 5
_LONGEST_SHOWN = 300
_BEFORE = 60  # characters in front of a promise in which it may be taken back
_OPEN = {Fate.FILED, Fate.CONVERTED}


def elsewhere(package: Package, table: Elsewhere) -> Package:
    """Return the package with what shows that documents are elsewhere, and the problems of it.

    A part that only says so is filed as it came, with its problem as its reason. A problem of the
    whole message counts its documents in the field "n".
    """
    seen = [one for part in package.parts for one in _of_part(part, table)]
    stubs = {one.part: one for one in seen}
    parts = tuple(_as_stub(part, stubs.get(part.path)) for part in package.parts)
    told = {one.problem for one in seen}
    by_links, by_words = _of_whole(package, table)
    told_by_links = {one.problem for one in by_links}
    seen += [one for one in by_links if one.problem not in told]
    seen += [one for one in by_words if one.problem not in told | told_by_links]
    has_documents = any(_is_document(part, package) for part in parts)
    alone = {rule.code for rule in table.rules if rule.alone}
    others = [one for one in seen if one.rule not in alone]
    # The attachment whose password it says came before.
    if has_documents or others or package.says_password:
        seen = others
    troubles = tuple(_troubles(seen))
    return package.but(parts=parts, elsewhere=tuple(seen), troubles=(*package.troubles, *troubles))


def _of_part(part: Part, table: Elsewhere) -> Iterator[Seen]:
    """Give the first rule that knows a part as a stub or a notice, if any does."""
    if part.fate not in _OPEN or part.reason is not None:
        return
    name = part.original_name or ""
    for rule in table.rules:
        found = next(_matches(rule.files, name, whole=True), None)
        is_type = next(_matches(rule.types, part.declared_type, whole=True), None) is not None
        said = next(_matches(rule.parts, part.glimpse), None)
        if found is None and not is_type and said is None:
            continue
        named = _name(said) or _name(found) or (name.removeprefix("Deleted: ") or None)
        what = name or part.declared_type
        yield Seen(rule.code, rule.problem, what, 1, part.path, named, rule.place)
        return


def _of_whole(package: Package, table: Elsewhere) -> tuple[list[Seen], list[Seen]]:
    """Return what the links of a message show, and what its words do."""
    text = _said(package)
    # "This message and any files attached to it are confidential" promises nothing.
    narrative = " ".join(visible(package.narrative[:_MOST_CHARACTERS])[0].split())
    targets = _targets(package, table)
    by_links: list[Seen] = []
    by_words: list[Seen] = []
    counted: set[str] = set()
    for rule in table.rules:
        linked = {
            one.same: one for one in targets if one.same not in counted and _leads_to(rule, one)
        }
        counted |= linked.keys()
        if linked:
            what = next(iter(linked.values())).address[:_LONGEST_SHOWN]
            by_links.append(Seen(rule.code, rule.problem, what, len(linked), place=rule.place))
            continue
        found = [
            one
            for pattern in rule.words
            for one in pattern.finditer(narrative if rule.alone else text)
            if rule.unless is None
            or not rule.unless.search(one.string[max(0, one.start() - _BEFORE) : one.end()])
        ]
        if found:
            names = tuple(dict.fromkeys(filter(None, map(_name, found))))
            listed = ", ".join(names[:_MOST_LISTED]) or None
            what = found[0][0][:_LONGEST_SHOWN]
            n = max(1, len(names))
            by_words.append(Seen(rule.code, rule.problem, what, n, None, listed, rule.place))
    return by_links, by_words


def _said(package: Package) -> str:
    own = package.own_words
    words = f"{own.new}\n{own.other}" if own.new.strip() else own.text
    text = f"{package.subject} \n {visible(words[:_MOST_CHARACTERS])[0]}"
    return " ".join(text.split())


def _targets(package: Package, table: Elsewhere) -> tuple[Target, ...]:
    own = package.own_words
    text = f"{own.new}\n{own.other}" if own.new.strip() else own.text
    written = (*own.links, *links_in(text[:_MOST_CHARACTERS]))
    found = (target(one, table.rewriters) for one in dict.fromkeys(written[:_MOST_LINKS]))
    return tuple(one for one in found if one is not None)


def _leads_to(rule: Rule, link: Target) -> bool:
    if link.rest is None:
        return rule.hosts is not None and rule.hosts.fullmatch(link.host) is not None
    return any(pattern.fullmatch(link.address) for pattern in rule.links)


def _matches(
    patterns: Iterable[re.Pattern[str]], text: str, *, whole: bool = False
) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        found = pattern.fullmatch(text) if whole else pattern.search(text)
        if found is not None:
            yield found


def _name(found: re.Match[str] | None) -> str | None:
    if found is None or "name" not in found.re.groupindex:
        return None
    return (found["name"] or "").strip() or None


def _as_stub(part: Part, seen: Seen | None) -> Part:
    if seen is None:
        return part
    return dataclasses.replace(part, fate=Fate.FILED, reason=seen.problem)


def _is_document(part: Part, package: Package) -> bool:
    """Say whether a part is something that the sender attached, whatever became of it."""
    of_itself = {words.path for words in package.words if words.container is None}
    its_words = part.path in {package.own_words.path, *of_itself} and part.reason == "narrative"
    passed_on = package.forwarded is not None and part.path in package.forwarded.paths
    return not (its_words or passed_on) and part.reason not in {"alternative", "decoration"}


def _troubles(seen: Iterable[Seen]) -> Iterator[Trouble]:
    whole: dict[str, list[Seen]] = {}
    for one in seen:
        if one.part is None:
            whole.setdefault(one.problem, []).append(one)
        else:
            yield Trouble(one.problem, _fields([one]), one.part)
    for problem, some in whole.items():
        yield Trouble(problem, _fields(some), None)


def _fields(some: list[Seen]) -> dict[str, object]:
    """Return what the catalogue's rows about documents elsewhere may speak of."""
    places = list(dict.fromkeys(one.place for one in some if one.place))
    # Somebody's own name says more than "a secure mail service", which stands last in the table.
    named = [place for place in places if not place.startswith(("a ", "the "))] or places
    names = [one.name for one in some if one.name]
    # Several links are several documents; several words about one are one.
    n = (sum if some[0].problem == "content_is_a_link" else max)(one.n for one in some)
    return {
        "n": n,
        "documents": "1 document" if n == 1 else f"{n} documents",
        "place": " and ".join(named),
        "service": named[0] if named else "",
        "name": ", ".join(names) or "A document",
    }
