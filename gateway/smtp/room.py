"""Room: whether one more connection is taken, of all together and of one client.

One client must not hold all of them: whoever opens as many as there may be, and sends a byte now
and then, would keep every firm out. A mail server in front brings everybody's mail, and has them
all; so has this machine, where it is proven by being there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from config.settings import Settings, is_loopback
from gateway.smtp.manner import Manner

_SITE_BITS = 64  # one customer has a whole network of IPv6, and every address in it


def refusal(
    client: str, connected: Collection[str], settings: Settings, manner: Manner
) -> str | None:
    """Return the code of the problem for which a client is turned away, or None.

    `connected` are the clients that are there, by their IP addresses; "" stands for a socket in the
    file system.
    """
    if len(connected) >= settings.smtp.max_connections:
        return "too_many_connections"
    if not manner.is_for_anybody or _brings_everybodys(client, settings):
        return None
    site = _site(client)
    of_client = sum(_site(one) == site for one in connected)
    if of_client >= settings.smtp.max_connections_of_client:
        return "too_many_connections_of_client"
    return None


def _brings_everybodys(client: str, settings: Settings) -> bool:
    if settings.trust.loopback_is_proven and is_loopback(client):
        return True
    networks = [one for relay in settings.proof.relays for one in relay.networks]
    try:
        address = ipaddress.ip_address(client)
    except ValueError:  # it was gone before it was asked for its address
        return False
    return any(address in ipaddress.ip_network(one) for one in networks)


def _site(client: str) -> str:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return str(address)
