"""Every letter of tests/letters, down the whole road and back as its receipt's very words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.settings import CONFIG_FOLDER, Settings, Storage
from gateway.case_number import CaseShape
from portal.database import open_database
from portal.directory_import import import_directory
from tests.letter_folders import LetterFolder, Trail, letter_folders, rehearse, without_pdfs

LETTERS = letter_folders()
# Every further envelope starts readers of its own: those letters are left to the full suite.
USUAL = tuple(letter for letter in LETTERS if not letter.envelope.exists())


def each(letters: tuple[LetterFolder, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("letter", letters, ids=[letter.name for letter in letters])


@pytest.fixture(scope="session")
def sample_settings(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Default settings on a storage folder with the sample directory, whatever the working one."""
    settings = Settings(storage=Storage(path=tmp_path_factory.mktemp("letters")))
    shutil.copy(migrated, settings.storage.path / "casebridge.db")
    database = open_database(settings.storage.path / "casebridge.db")
    shape = CaseShape.of(settings.cases)
    report = import_directory(database, CONFIG_FOLDER / "directory", shape.normal)
    database.close()
    assert not report.rejected
    return settings


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
