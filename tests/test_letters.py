"""Every letter of tests/letters, down the whole road and back as its receipt's very words."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, Storage
from tests.letter_folders import LetterFolder, Trail, letter_folders, rehearse, without_pdfs

LETTERS = letter_folders()
# Every further envelope starts readers of its own: those letters are left to the full suite.
USUAL = tuple(letter for letter in LETTERS if not letter.envelope.exists())


def each(letters: tuple[LetterFolder, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("letter", letters, ids=[letter.name for letter in letters])


@pytest.fixture(scope="session")
def sample_settings(sampled: Path) -> Settings:
    """Default settings on the sample directory, whatever lies in the working one."""
    return Settings(storage=Storage(path=sampled.parent))


@pytest.fixture(scope="session")
def unconverted(sample_settings: Settings) -> dict[str, Trail]:
    return rehearse(sample_settings, USUAL, converting=False)


@pytest.fixture(scope="session")
def converted(sample_settings: Settings) -> dict[str, Trail]:
    return rehearse(sample_settings, LETTERS, converting=True)


@each(USUAL)
def test_what_would_become_of_it(letter: LetterFolder, unconverted: dict[str, Trail]) -> None:
    assert unconverted[letter.name] == without_pdfs(letter.expected())


@pytest.mark.slow
@each(LETTERS)
def test_what_becomes_of_it(letter: LetterFolder, converted: dict[str, Trail]) -> None:
    assert converted[letter.name] == letter.expected()


def test_the_letters_are_numbered_through() -> None:
    numbers = [int(letter.name.partition("-")[0]) for letter in LETTERS]
    assert numbers == list(range(1, len(LETTERS) + 1))
