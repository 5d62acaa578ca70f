"""Vaults whose folders are made once and go from test to test, emptied.

To make and remove 256 folders costs a test more than all else that it does on the disk.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from portal.vault import Vault

_ROOMS = [*(f"{number:02x}" for number in range(256)), "drafts", "uploads"]
_AS_MADE = {("gate", 0o600), *((room, 0o700) for room in _ROOMS)}

_spare: list[Path] = []


def place(folder: Path) -> None:
    """Put the folders of a spare vault there. Without one, the vault makes them as ever."""
    for spare in _spare[::-1]:
        try:
            if spare.stat().st_dev != folder.parent.stat().st_dev:
                continue  # a folder moves on its own disk alone
            _spare.remove(spare)
            spare.rename(folder)
        except FileNotFoundError:  # the test's folder, and the spare in it, may go
            with contextlib.suppress(ValueError):
                _spare.remove(spare)
        else:
            return


def take_back(vault: Vault) -> None:
    """Empty the vault of a test that has ended. One whose own folders changed is not used again."""
    with os.scandir(vault._folder) as entries:
        found = [(entry, stat.S_IMODE(entry.stat().st_mode)) for entry in entries]
    if {(entry.name, mode) for entry, mode in found} != _AS_MADE:
        return
    for entry, _ in found:
        if entry.is_dir():
            with os.scandir(entry) as files:
                for file in files:
                    Path(file).unlink()
        else:
            Path(entry).unlink()  # the gate, which whoever outlived the test may hold
    _spare.append(vault._folder)
