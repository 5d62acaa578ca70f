import re

import pytest

from config.elsewhere import ElsewhereFault, read, rules
from config.problems import catalogue
from portal.absent import PROBLEMS


def test_every_rule_tells_a_problem_that_means_an_absent_document() -> None:
    assert {rule.problem for rule in rules().rules} <= PROBLEMS
    for rule in rules().rules:
        assert catalogue()[rule.problem].mend == "sender", rule.code


def test_no_rule_matches_what_is_empty() -> None:
    for rule in rules().rules:
        for pattern in (*rule.links, *rule.words, *rule.parts, *rule.files, *rule.types):
            assert not pattern.fullmatch(""), (rule.code, pattern.pattern)


@pytest.mark.slow
def test_patterns_take_little_time_over_long_and_repetitive_text() -> None:
    # A pattern that backtracks takes minutes over any of these, and the suite's time limit ends it.
    texts = (
        "attachment " * 4000,
        "a" * 40_000,
        "please find " * 4000,
        '"file ' * 8000,
        "/s/" * 9000,
    )
    seen = [
        pattern.search(text)
        for rule in rules().rules
        for pattern in (*rule.words, *rule.parts)
        for text in texts
    ]
    assert len(seen) > 100
    long_link = "files.example/" + "s/a-b.c_" * 500
    for rule in rules().rules:
        for pattern in rule.links:
            assert pattern.fullmatch(long_link + "!") is None, rule.code


@pytest.mark.parametrize(
    "text",
    [
        "[rules.x]\nproblem = 'attachment_missing'\nwords = ['a']",
        "[rule.x]\nproblem = 'no_such_problem'\nwords = ['a']",
        "[rule.x]\nproblem = 'attachment_missing'\nword = ['a']",
        "[rule.x]\nproblem = 'attachment_missing'\nwords = ['(']",
        "[rule.x]\nproblem = 'attachment_missing'",
        "[rule.x]\nproblem = 'content_is_a_link'\nlinks = ['a']",
        "[rule.x]\nproblem = 'attachment_missing'\nplace = 'x'\nwords = ['a']",
        "[rewriter.x]\nhosts = 'a'\nhow = 'guess'",
        "[rewriter.x]\nhow = 'query'",
        "[rewriter.x]\nhosts = 'a'\nhow = 'query'\nkey = ['u']",
    ],
)
def test_a_row_that_cannot_be_used_is_named(text: str) -> None:
    with pytest.raises(ElsewhereFault, match=r"\w"):
        read(text)


def test_patterns_do_not_mind_case() -> None:
    found = read("[rule.x]\nproblem = 'attachment_missing'\nwords = ['see attached']").rules[0]
    assert found.words[0].flags & re.IGNORECASE
