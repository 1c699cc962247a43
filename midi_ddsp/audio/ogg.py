"""Ogg pages with a serial number that is always the same, so that bytes repeat.

libogg's user draws a serial by chance; a page's checksum covers it (RFC 3533).
"""

from __future__ import annotations

import zlib

SERIAL = b"mgen"
_HEADER_BYTES = 27
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ALL_ONES = 0xFFFF_FFFF


class OggPages:
    """Gives pages our serial as they come by, in pieces of any length."""

    def __init__(self) -> None:
        self._held = bytearray()  # of a page that is not whole yet

    def push(self, data: bytes) -> bytes:
        """Take the next bytes and return the pages that are whole, changed."""
        self._held += data
        changed = bytearray()
        while (size := _page_size(self._held)) is not None:
            page, self._held = self._held[:size], self._held[size:]
            changed += _with_our_serial(page)
        return bytes(changed)

    def rest(self) -> bytes:
        """Return what is left and is no whole page, as it came."""
        rest, self._held = bytes(self._held), bytearray()
        return rest


def _page_size(data: bytearray) -> int | None:
    """Return the length of the page at the start; None where it is not whole."""
    if data[:4] != b"OggS" or len(data) < _HEADER_BYTES:
        return None
    body = _HEADER_BYTES + data[26]
    size = body + sum(data[_HEADER_BYTES:body])
    return size if body <= len(data) and size <= len(data) else None


def _with_our_serial(page: bytearray) -> bytearray:
    page[14:18] = SERIAL
    page[22:26] = bytes(4)
    page[22:26] = _checksum(page).to_bytes(4, "little")
    return page


def _checksum(page: bytearray) -> int:
    """Return Ogg's checksum: zlib's polynomial, bits the other way, from 0."""
    mirrored = zlib.crc32(page.translate(_REVERSED_BITS), _ALL_ONES) ^ _ALL_ONES
    return int(f"{mirrored:032b}"[::-1], 2)
