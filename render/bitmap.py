"""A bitmap of shades as the bytes of a small PNG, without any package.

For: a spectrogram inside an SVG picture. Not for: whole pictures
(`musegen.render.png`).

Source: the chunks, filters and checksums of W3C, Portable Network Graphics (Second
Edition), 2003.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BIT_DEPTH = 8
_PALETTE_COLOR = 3
_FILTER_UP = 2  # each byte as the difference from the one above


def shades_png(pixels: npt.NDArray[np.uint8], colors: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG of indexed colours; the same pixels give the same bytes.

    Args:
        pixels: Index of the colour, [rows, columns], the top row first.
        colors: Red, green and blue, 0 to 255, [256, 3].

    Raises:
        ValueError: There is no pixel.
    """
    height, width = pixels.shape
    if not height * width:
        raise ValueError(f"a bitmap has at least one pixel; got {width} x {height}")
    above = np.concatenate([np.zeros((1, width), dtype=np.uint8), pixels[:-1]])
    filtered = np.empty((height, width + 1), dtype=np.uint8)
    filtered[:, 0] = _FILTER_UP
    filtered[:, 1:] = pixels - above  # modulo 256, as the format wants
    header = struct.pack(">IIBBBBB", width, height, _BIT_DEPTH, _PALETTE_COLOR, 0, 0, 0)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", colors.astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
