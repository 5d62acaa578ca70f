"""Data files of Outlook's on the command line: where there is little room, a person is told."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from config.problems import problem
from gateway.bulk.files import File
from gateway.bulk.outlook import Outlook
from gateway.command import say
from gateway.command.paths import text
from gateway.stores import Stores
from portal import vocabulary


def outlook(stores: Stores) -> AbstractContextManager[Outlook]:
    """Take data files apart within the storage folder, and leave of it what the settings ask."""
    least = stores.settings.storage.minimum_free_bytes
    return Outlook.within(stores.folder, least_free=least, warn=_say_little_room)


def _say_little_room(file: File, room: int, most: int) -> None:
    sizes = {"free": vocabulary.size(room), "most": vocabulary.size(most)}
    say(problem("outlook_little_room").said(name=text(Path(file.path.name)), **sizes))
