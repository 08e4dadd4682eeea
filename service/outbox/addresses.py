"""Where events may be sent: not wherever somebody writes an address of the bank's own network (SSRF).

By default https to any host but this machine, or http to this machine, written as such: nobody means it by a name or
certificate of elsewhere. With a list of hosts in the settings: those hosts alone, by https
or http. Addresses that stand for no consumer (link-local, where clouds keep credentials; multicast; unspecified) are
refused in every case, at the moment of connecting, so that a name cannot be pointed elsewhere later (DNS rebinding).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from service.outbox.errors import AddressRefused

LONGEST_URL = 2000
THIS_MACHINE = "it leads to this machine, where http goes; if it is meant, name the host in ASSETLIGHT_WEBHOOK_HOSTS"
PORTS = {"https": 443, "http": 80}
LOOPBACK_NAMES = frozenset({"localhost"})
IpAddress: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Iterable[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True)
class Guard:
    """Which addresses are let through. `hosts`: the only ones, by https or http; empty: any by https."""

    hosts: Collection[str] = ()
    resolve: Resolve = resolve

    def check(self, url: str) -> None:
        """Refuse an address as it is written. Raises AddressRefused."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").casefold(), parts.port
        except ValueError:
            raise _refused(url, "it is no address") from None
        if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise _refused(url, f"it has more than {LONGEST_URL} characters, or others than visible ASCII")
        if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
            raise _refused(url, "it has a user, a password, a fragment or port 0")
        if parts.scheme not in ("https", "http") or not host:
            raise _refused(url, "it is not https")
        if self.hosts:
            if host not in {one.casefold() for one in self.hosts}:
                raise _refused(url, "the host is not in ASSETLIGHT_WEBHOOK_HOSTS")
        elif parts.scheme == "http" and not is_loopback(host):
            raise _refused(url, "it is not https; http is for this machine, and for hosts in ASSETLIGHT_WEBHOOK_HOSTS")
        elif parts.scheme == "https" and is_loopback(host):
            raise _refused(url, THIS_MACHINE)
        literal = literal_address(host)
        if literal is not None:
            _check_address(url, literal)

    def check_where_it_leads(self, url: str) -> None:
        """Refuse an address as it is written, and as its name leads now, if it does. Raises AddressRefused."""
        self.check(url)
        parts = urlsplit(url)
        with suppress(OSError):  # a name that leads nowhere yet: it is looked at again whenever something is sent
            self.connectable(parts.hostname or "", parts.port or PORTS[parts.scheme], parts.scheme)

    def connectable(self, host: str, port: int, scheme: str = "http") -> str:
        """One address of a host, all of which may be connected to. Raises AddressRefused, OSError."""
        literal = literal_address(host)
        found = [literal] if literal is not None else [ip_address(one) for one in self.resolve(host, port)]
        if not found:
            raise OSError("the name has no address")
        for address in found:
            _check_address(host, address)
            if _real(address).is_loopback and not (scheme == "http" and is_loopback(host)) and not self.hosts:
                raise _refused(host, THIS_MACHINE)
        return str(found[0])


def is_loopback(host: str) -> bool:
    """Whether a host, as it is written, is this machine."""
    literal = literal_address(host)
    name = host.casefold().rstrip(".")
    named = name in LOOPBACK_NAMES or name.endswith(".localhost")  # RFC 6761, section 6.3
    return named or (literal is not None and _real(literal).is_loopback)


def literal_address(host: str) -> IpAddress | None:
    """The address that a host is written as; None for a name."""
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return found


def _real(address: IpAddress) -> IpAddress:
    """The address itself, where it is one of IPv4 written as one of IPv6."""
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped


def _check_address(what: str, address: IpAddress) -> None:
    real = _real(address)
    if real.is_link_local or real.is_multicast or real.is_unspecified:
        raise _refused(what, f"no consumer has the address {address}")


def _refused(what: str, why: str) -> AddressRefused:
    return AddressRefused(
        f"events are not sent there: {why}",
        field="url",
        expected="https://host/path, or http on this machine",
        found=what[:200],
    )
