"""Where a request really comes from, behind proxies that we know."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the reader's machine, or None when it cannot be told.

    Without TRUSTED_PROXIES that is the socket's address. With them, X-Forwarded-For is walked
    from the right, past the proxies we trust, to the first that we do not; what stands further
    left was written by anybody.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    networks = _networks(tuple(settings.TRUSTED_PROXIES))
    while hops and (address is None or any(address in network for network in networks)):
        if address is None and not networks:
            break
        further = _parse(hops.pop())
        if further is None:
            break
        address = further
    return str(address) if address else None


def comes_through_a_trusted_proxy(request: HttpRequest) -> bool:
    """Tell whether the other end of the socket is one of TRUSTED_PROXIES."""
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    networks = _networks(tuple(settings.TRUSTED_PROXIES))
    return any(address is not None and address in network for network in networks)


def network_of(address: str | None) -> str:
    """Return the network that stands for one household or office: a /24 (IPv4) or a /48 (IPv6).

    Whoever has an IPv6 address has millions of them. "" without an address.
    """
    if not address:
        return ""
    parsed = ip_address(address)
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(proxy, strict=False) for proxy in proxies]


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as proxies write it: `1.2.3.4`, `1.2.3.4:5678`, `[::1]:5678`, `::1`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
