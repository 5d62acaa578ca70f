"""Device: whether a scanner or its like has sent a letter, and who hears in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from config.devices import DeviceForms
from config.settings import ListedDevice
from gateway.road.package import Device, Package


class Devices:
    """The devices that are listed in the settings, and the forms of all others."""

    def __init__(self, forms: DeviceForms, listed: Iterable[ListedDevice]) -> None:
        self._forms = forms
        self._contacts: Mapping[str, str | None] = {
            one.address: one.contact or None for one in listed
        }

    def mark(self, package: Package) -> Package:
        """Return the package with the device that has sent it, where one has.

        A letter by the form was sent by a person. The address is that of From, or of the envelope
        where From is nobody's. A contact is only ever that of a listed device.
        """
        address = package.sender or package.letter.envelope.sender
        rule = None if package.typed is not None else self._rule(package, address)
        if rule is None:
            return package
        return package.but(device=Device(rule, self._contacts.get(address)))

    def _rule(self, package: Package, address: str) -> str | None:
        if address in self._contacts:
            return "listed"
        if any(self._forms.program.fullmatch(one) for one in package.signs.programs):
            return "program"
        is_one = self._forms.mailbox.fullmatch(address.rpartition("@")[0])
        return "mailbox" if is_one is not None else None
