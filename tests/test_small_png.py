"""Screenshots with fewer colours still show the same picture."""

import struct
import zlib
from pathlib import Path

import pytest

from scripts.small_png import _chunk, _rows, shrink


def png(width, height, pixel, *, filters=(0, 1, 2, 3, 4)):
    """A PNG of the pixels `pixel(x, y)`, its rows filtered in turn; only filter 0 and 1 and 2 are worth writing here."""
    raw, above = b"", bytes(width * 3)
    for y in range(height):
        row = b"".join(bytes(pixel(x, y)) for x in range(width))
        kind = filters[y % len(filters)]
        raw += bytes([kind]) + _filtered(kind, row, above)
        above = row
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw)) + _chunk(b"IEND", b"")


def _filtered(kind, row, above):
    made = bytearray()
    for at, value in enumerate(row):
        left, corner = (row[at - 3], above[at - 3]) if at >= 3 else (0, 0)
        up = above[at]
        guess = left + up - corner
        paeth = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        made.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) & 0xFF)
    return bytes(made)


def shown(small):
    """The pixels of a palette PNG."""
    palette = small[small.index(b"PLTE") + 4 :][:768]
    at = small.index(b"IDAT")
    width = struct.unpack(">I", small[16:20])[0]
    raw = zlib.decompress(small[at + 4 : at + 4 + struct.unpack(">I", small[at - 4 : at])[0]])
    return [
        [palette[3 * number : 3 * number + 3] for number in raw[start + 1 : start + 1 + width]]
        for start in range(0, len(raw), width + 1)
    ]


def test_few_colours_stay_exactly_as_they_are():
    def pixel(x, y):
        return ((x * 40) % 256, (y * 30) % 256, 7)

    assert shown(shrink(png(6, 10, pixel))) == [[bytes(pixel(x, y)) for x in range(6)] for y in range(10)]


def test_many_colours_become_256_near_ones():
    def pixel(x, y):
        return (x * 4, y * 4, (x + y) * 2)

    found = shown(shrink(png(60, 60, pixel)))
    assert len({colour for row in found for colour in row}) <= 256
    off = [abs(a - b) for y in range(60) for x in range(60) for a, b in zip(found[y][x], pixel(x, y), strict=True)]
    assert sum(off) / len(off) <= 24


def test_another_kind_of_picture_is_refused():
    with pytest.raises(ValueError, match="no PNG"):
        shrink(b"GIF89a")


def test_pictures_of_the_readme_are_small():
    pictures = list((Path(__file__).resolve().parent.parent / "docs" / "screenshots").glob("*.png"))
    assert sum(picture.stat().st_size for picture in pictures) < 2_000_000
    assert all(_rows_are_indexed(picture.read_bytes()) for picture in pictures)


def _rows_are_indexed(data):
    return data[25] == 3


def test_rows_are_read_whatever_their_filter():
    plain = _rows(png(5, 5, lambda x, y: (x, y, x * y), filters=(0,)))[3]
    assert _rows(png(5, 5, lambda x, y: (x, y, x * y)))[3] == plain
