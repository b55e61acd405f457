"""Where a request comes from, and where one may be sent to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

_IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """The visitor's network address, to count by; "" where the server does not know it (a socket without proxies).

    An IPv6 visitor counts as their /64, since they own all of it.
    """
    address = exact_address(request)
    if ":" in address:
        return str(ipaddress.ip_network((ipaddress.ip_address(address), _IPV6_PREFIX), strict=False))
    return address


def exact_address(request: HttpRequest) -> str:
    """The visitor's address to the last bit, an IPv4 one in its own form; "" where the server does not know it.

    `TRUSTED_PROXY_COUNT` says how many proxies of ours stand in front. Each appends the address it was called from to
    `X-Forwarded-For`, so the visitor is that many entries from the right; whatever stands further left was written by
    the visitor and is not believed.
    """
    address = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXY_COUNT
    if proxies:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        address = seen[-proxies] if len(seen) >= proxies else address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def is_own_path(url: str | None) -> bool:
    """Whether a `next` address is a page of this product: a plain path that one of our routes answers."""
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")) or not url.isprintable() or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or "%" in parts.path:
            return False
        resolve(parts.path)
    except (Resolver404, ValueError):
        return False
    return True
