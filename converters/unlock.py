"""The engines that open a file with its password, and write a copy that needs none."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from xml.parsers.expat import ExpatError

import msoffcrypto
import pikepdf
from msoffcrypto.exceptions import (
    DecryptionError,
    FileFormatError,
    InvalidKeyError,
    ParseError,
)

from converters.fault import Damaged, PasswordNeeded

# What a broken structure raises: the library's own faults, and what its reading stumbles over.
_BROKEN = (DecryptionError, FileFormatError, ParseError, ExpatError, struct.error, ValueError)
_STUMBLED = (*_BROKEN, OSError, LookupError, TypeError, AttributeError, AssertionError)


def write(descriptor: int, password: str, target: Path) -> None:
    """Write the copy of a PDF: the same bytes make the same copy.

    Raises PasswordNeeded where it is another password, and Damaged.
    """
    try:
        with os.fdopen(descriptor, "rb") as opened, pikepdf.open(opened, password=password) as pdf:
            pdf.save(target, deterministic_id=True)
    except pikepdf.PasswordError as error:
        raise PasswordNeeded from error
    except (pikepdf.PdfError, ValueError, RuntimeError, OverflowError) as error:
        raise Damaged(type(error).__name__) from error


def write_office(descriptor: int, password: str, target: Path) -> None:
    """Write the copy of an Office document: the package of a new one, a compound file of an old.

    ECMA-376 standard and agile encryption, RC4, RC4 by CryptoAPI, and XOR. Raises PasswordNeeded
    where it is another password, and Damaged; also for what opens without one, or in no way that is
    known here.
    """
    if not password:
        raise PasswordNeeded  # an empty one has no key to derive
    try:
        with os.fdopen(descriptor, "rb") as opened, target.open("wb") as copy:
            document = msoffcrypto.OfficeFile(opened)
            if not document.is_encrypted():
                raise Damaged("no lock")
            if document.format == "ooxml":
                document.load_key(password=password, verify_password=True)
            else:  # these always ask whether it is the one
                document.load_key(password=password)
            document.decrypt(copy)
    except InvalidKeyError as error:
        raise PasswordNeeded from error
    except _STUMBLED as error:
        raise Damaged(type(error).__name__) from error
