"""Make a screenshot small: at most 256 colours, as PNG with a palette. Needs nothing but the standard library.

Reads the kind of PNG that browsers write (8 bits, RGB or RGBA, not interlaced) and drops its transparency.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_COLOURS = 256
# Colours this near to each other are counted as one before the 256 most frequent are chosen: 5 bits of 8.
_COARSE = 0xF8


def shrink(png: bytes) -> bytes:
    """The picture with a palette. Raises ValueError for a PNG of another kind."""
    width, height, step, rows = _rows(png)
    pixels = [row[at : at + 3] for row in rows for at in range(0, width * step, step)]
    palette, index = _palette(Counter(pixels))
    raw = bytearray()
    for y in range(height):
        raw.append(0)
        raw += bytes(index[pixel] for pixel in pixels[y * width : (y + 1) * width])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(bytes(raw), 9)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _rows(png: bytes) -> tuple[int, int, int, list[bytes]]:
    """Width, height, bytes per pixel and the unfiltered rows."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("This is no PNG.")
    at, header, packed = len(_SIGNATURE), b"", b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + length]
        header, packed = (data if kind == b"IHDR" else header), packed + (data if kind == b"IDAT" else b"")
        at += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or colour not in (2, 6) or interlaced:
        raise ValueError("Only 8-bit RGB and RGBA without interlacing are read.")
    step = 3 if colour == 2 else 4
    return width, height, step, _unfiltered(zlib.decompress(packed), width * step, step)


def _unfiltered(raw: bytes, length: int, step: int) -> list[bytes]:
    rows, above = [], bytearray(length)
    for start in range(0, len(raw), length + 1):
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + length])
        _UNDO[kind](row, above, step)
        rows.append(bytes(row))
        above = row
    return rows


def _undo_none(row: bytearray, above: bytearray, step: int) -> None:
    """Filter 0."""


def _undo_sub(row: bytearray, above: bytearray, step: int) -> None:
    for at in range(step, len(row)):
        row[at] = (row[at] + row[at - step]) & 0xFF


def _undo_up(row: bytearray, above: bytearray, step: int) -> None:
    for at in range(len(row)):
        row[at] = (row[at] + above[at]) & 0xFF


def _undo_average(row: bytearray, above: bytearray, step: int) -> None:
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        row[at] = (row[at] + (left + above[at]) // 2) & 0xFF


def _undo_paeth(row: bytearray, above: bytearray, step: int) -> None:
    for at in range(len(row)):
        left, corner = (row[at - step], above[at - step]) if at >= step else (0, 0)
        up = above[at]
        guess = left + up - corner
        nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
        row[at] = (row[at] + nearest[2]) & 0xFF


_UNDO = (_undo_none, _undo_sub, _undo_up, _undo_average, _undo_paeth)


def _palette(counted: Counter[bytes]) -> tuple[list[bytes], dict[bytes, int]]:
    """At most 256 colours and, for each colour of the picture, the number of the nearest of them."""
    coarse: dict[tuple[int, ...], Counter[bytes]] = {}
    for colour, times in counted.items():
        coarse.setdefault(tuple(part & _COARSE for part in colour), Counter())[colour] = times
    common = sorted(coarse.values(), key=lambda group: -group.total())[:_MOST_COLOURS]
    chosen = [group.most_common(1)[0][0] for group in common]
    # Room that is left goes to the most frequent of the other shades.
    others = [colour for colour, _ in counted.most_common() if colour not in set(chosen)]
    chosen += others[: _MOST_COLOURS - len(chosen)]
    number = {colour: at for at, colour in enumerate(chosen)}
    return chosen, {colour: number.get(colour, _nearest(colour, chosen) if colour not in number else 0) for colour in counted}


def _nearest(colour: bytes, chosen: list[bytes]) -> int:
    return min(range(len(chosen)), key=lambda at: sum((a - b) ** 2 for a, b in zip(colour, chosen[at], strict=True)))
