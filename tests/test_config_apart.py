import pytest

from config.apart import ApartFault, read, rules, spoken

MINIMAL = """
[history]
openings = ['on']
open_openings = ['x']
verbs = ['wrote']
open_verbs = ['y']
separators = ['original message']
forwards = ['begin forwarded message']
writers = ['from']
labels = ['to']
[tag]
patterns = ['\\[external\\]']
[banner]
patterns = ['from outside']
[signature]
marks = ['--']
added = ['sent from .*']
closings = ['regards']
contacts = ['@']
most_lines = 14
longest_line = 120
[notice]
patterns = ['^confidential']
"""


def test_the_rules_can_be_read_and_name_what_they_find() -> None:
    found = read(MINIMAL)
    assert found.history.separator.fullmatch("----- Original Message -----")
    assert found.history.writer.match("*From:* Pat")
    assert found.around.search("this is confidential")
    assert not found.notice.search("this is confidential")
    assert spoken("Merci  d\u2019avance") == "merci d'avance"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[tag]\npatterns", "[tag]\npattern"),
        ("verbs = ['wrote']\n", ""),
        ("patterns = ['from outside']", "patterns = ['(']"),
        ("patterns = ['from outside']", "patterns = []"),
        ("[notice]", "[notices]"),
        ("openings = ['on']", "openings = ['on']\nendings = ['off']"),
    ],
)
def test_rules_that_cannot_be_used_say_where(old: str, new: str) -> None:
    assert old in MINIMAL
    with pytest.raises(ApartFault, match=r"\w"):
        read(MINIMAL.replace(old, new, 1))


@pytest.mark.slow
def test_patterns_take_little_time_over_repetitive_text() -> None:
    # One that backtracks took five minutes over 900 characters: the suite's limit ends such a one.
    units = (
        *("this message ", "e-mail, ", "information and attachments, ", "a" * 50, "from outside "),
        *("if you are not ", "confidential ", "\u200b", "( ", "1 ", "-- ", "sent from my ", "* "),
    )
    found = rules()
    # Each with the characters that it is given at most.
    given = (
        *((one, 4000) for one in (found.banner, found.notice, found.around)),
        *((one, 600) for one in (found.history.separator, found.history.writer)),
        *((one, 400) for one in (found.history.verb, found.history.label)),
        *((one, 200) for one in (found.tag, found.signature.added, found.signature.mark)),
        (found.signature.contact, found.signature.longest_line),
    )
    looked = [
        pattern.search(unit * (longest // len(unit)))
        for pattern, longest in given
        for unit in units
    ]
    assert len(looked) == len(given) * len(units)
