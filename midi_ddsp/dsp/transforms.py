"""Lengths that the fast Fourier transform likes."""

from __future__ import annotations


def fast_size(needed: int) -> int:
    """Return the least even length of the form 2^n or 3 * 2^n that holds `needed`."""
    size = 1 << max(needed - 1, 1).bit_length()
    smaller = size // 4 * 3
    return smaller if smaller >= needed and smaller % 2 == 0 else size
