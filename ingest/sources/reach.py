"""Which addresses of the network may be spoken to: a host is resolved once, judged, and reached at that very address."""

from __future__ import annotations

import ipaddress
import socket

from jitl.errors import Unavailable, Unreadable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in an IPv6 one


def pinned(host: str, port: int, *, private: bool) -> str:
    """The address to connect to. Raises `Unreadable` where one of the host's addresses is none of the public network's.

    All must pass, not one: who answers for the name could otherwise hide an inner address behind a public one. `private` allows all.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"The host {host} is not known: {error}.", hint="Check the address and the network.") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not private and not all(map(_is_public, addresses)):
        raise Unreadable("its host has a private address", hint="JITL_FETCH_PRIVATE=true allows it.")
    return str(addresses[0])


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast
