"""The codes that a phone shows, computed as RFC 6238 says and not as the product does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time


def code_of(seed: str, *, later: int = 0) -> str:
    """What the phone shows now, or so many half minutes later."""
    counter = int(time.time()) // 30 + later
    mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", counter), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
