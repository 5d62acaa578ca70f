"""Writes what `explain` says of the letters as what it must say: `python -m tests.write_expected`.

For a deliberate change, and to be read before it is committed: a wrong expectation is worse than
none. Names of letters (`17-program`) write these alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from config.settings import Settings, Storage
from tests.letter_folders import letter_folders, rehearse


def main(names: list[str]) -> None:
    """Explain the letters, with the sample directory, and write every expected.json."""
    letters = [letter for letter in letter_folders() if not names or letter.name in names]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(storage=Storage(path=Path(folder)))
        trails = rehearse(settings, letters, converting=True)
    for letter in letters:
        written = json.dumps(trails[letter.name], indent=2, ensure_ascii=False) + "\n"
        changed = (
            not letter.expectation.exists() or letter.expectation.read_text("utf-8") != written
        )
        letter.expectation.write_text(written, encoding="utf-8")
        print(f"{letter.name}: {'written anew' if changed else 'as before'}")


if __name__ == "__main__":
    main(sys.argv[1:])
