from __future__ import annotations

from pathlib import Path

from musegen.engine.digests import sha256_of, sha256_of_file

# From FIPS 180-2, appendix B.1: the digest of "abc".
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digest_of_bytes_is_sha_256() -> None:
    assert sha256_of(b"abc") == ABC


def test_digest_of_a_file_is_that_of_its_content(tmp_path: Path) -> None:
    file = tmp_path / "abc"
    file.write_bytes(b"abc")
    assert sha256_of_file(file) == ABC
