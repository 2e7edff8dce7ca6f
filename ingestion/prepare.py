"""From landed bytes to text that DuckDB reads without losing a line: unpacked, UTF-8, one kind of line end."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingestion.archives import GZIP, ZIP, starts_with, unpacked
from ingestion.durable import PRIVATE_FILE
from ingestion.errors import RefusedError

BLANK = b"\x02"  # stands for a blank line: DuckDB's reader would skip it, and every later line number would be wrong
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# NUL and the two characters that the reader uses for itself become SUBSTITUTE, which no rule lets pass as a code
CLEAN = bytes.maketrans(b"\x00\x01\x02", b"\x1a\x1a\x1a")
UNCLEAN = (b"\x00", b"\x01", b"\x02")
MENDED = (*UNCLEAN, b"\r")  # what a file must not hold, beside blank lines, to be read where it lies


@dataclass(frozen=True)
class Prepared:
    """A text file: UTF-8 without byte order mark, lines end in LF.

    has_quotes: whether a ``"`` stands anywhere in it
    """

    path: Path
    encoding: str
    has_quotes: bool


def _encodings(first: bytes, encodings: tuple[str, ...]) -> tuple[str, ...]:
    """What the text may be written in: what its byte order mark says, else those of the contract in their order."""
    if first.startswith(UTF_16):
        return ("utf-16",)
    if first.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    if len(first) >= 8 and (not any(first[1:8:2]) or not any(first[0:8:2])):
        raise RefusedError(
            "The file is UTF-16 without its byte order mark. Export it again as UTF-8 (in Excel: CSV UTF-8)."
        )
    return encodings


def _as_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The chunks in UTF-8; raises UnicodeDecodeError where the bytes are not of that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for chunk in chunks:
        text = decoder.decode(chunk)
        yield chunk if encoding == "utf-8" else text.encode()
    yield decoder.decode(b"", final=True).encode()


def _as_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """LF instead of CR LF and CR, and a mark on each blank line."""
    held, at_line_start = b"", True
    for chunk in chunks:
        data = held + chunk
        held = b""
        if data.endswith(b"\r"):  # its LF may come with the next chunk
            data, held = data[:-1], b"\r"
        if not data:
            continue
        if any(byte in data for byte in UNCLEAN):
            data = data.translate(CLEAN)
        if returns := data.count(b"\r"):
            # dropping every CR is several times faster than replacing, and nearly always right
            data = (
                data.translate(None, b"\r")
                if returns == data.count(b"\r\n")
                else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            )
        if at_line_start and data.startswith(b"\n"):
            data = BLANK + data
        while b"\n\n" in data:
            data = data.replace(b"\n\n", b"\n" + BLANK + b"\n")
        at_line_start = data.endswith(b"\n")
        yield data
    if held:
        yield BLANK + b"\n" if at_line_start else b"\n"


def _has_blank_line(chunk: bytes) -> bool:
    """Whether two line ends follow each other; to look for the pair by ``in`` takes five times as long."""
    ends = np.frombuffer(chunk, np.uint8) == ord("\n")
    return bool((ends[1:] & ends[:-1]).any())


def _read_where_it_lies(path: Path, encodings: tuple[str, ...]) -> Prepared | None:
    """The file itself, where its bytes are clean already; None where they must be mended."""
    if starts_with(path).startswith((GZIP, *ZIP)) or encodings[0] != "utf-8":
        return None
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    has_quotes, last = False, b"\n"
    try:
        for chunk in unpacked(path):
            if any(bytes_ in chunk for bytes_ in MENDED) or _has_blank_line(last + chunk[:1]) or _has_blank_line(chunk):
                return None
            if not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
            has_quotes = has_quotes or b'"' in chunk
            last = chunk[-1:]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return Prepared(path, "utf-8", has_quotes)


def prepare(landed: Path, target: Path, encodings: tuple[str, ...]) -> Prepared:
    """The landed bytes as clean text: where they lie, if they are clean already, else written to ``target``.

    A byte order mark tells the encoding; without one the encodings are tried in their order. Raises RefusedError for
    an empty file, for a broken archive and for bytes of none of the encodings.
    """
    first = next(unpacked(landed), b"")[:8]
    tried = _encodings(first, encodings)
    if first and (clean := _read_where_it_lies(landed, tried)):
        return clean
    for encoding in tried:
        try:
            has_quotes, size = _write_text(landed, target, encoding)
        except UnicodeDecodeError:
            continue
        if size == 0:
            raise RefusedError("The file is empty. Send it again.")
        return Prepared(target, encoding.removesuffix("-sig"), has_quotes)
    raise _in_no_encoding(tried, encodings)


def decode(landed: Path, target: Path, encodings: tuple[str, ...]) -> Path:
    """The landed bytes, unpacked and in UTF-8, and not changed otherwise; raises RefusedError as ``prepare`` does."""
    first = next(unpacked(landed), b"")[:8]
    tried = _encodings(first, encodings)
    for encoding in tried:
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(_as_utf8(unpacked(landed), encoding))
        except UnicodeDecodeError:
            continue
        if target.stat().st_size == 0:
            raise RefusedError("The file is empty. Send it again.")
        return target
    raise _in_no_encoding(tried, encodings)


def _in_no_encoding(tried: tuple[str, ...], encodings: tuple[str, ...]) -> RefusedError:
    if tried == ("utf-16",):
        return RefusedError("The file begins as UTF-16 and was cut off or damaged. Send it again.")
    return RefusedError(f"The file is written in none of {', '.join(encodings)}. Export it again as UTF-8.")


def _write_text(landed: Path, target: Path, encoding: str) -> tuple[bool, int]:
    """Write the text in UTF-8; returns whether it holds a quote, and its bytes. Raises UnicodeDecodeError."""
    has_quotes, size = False, 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in _as_lines(_as_utf8(unpacked(landed), encoding)):
            has_quotes = has_quotes or b'"' in chunk
            size += len(chunk)
            file.write(chunk)
    return has_quotes, size
