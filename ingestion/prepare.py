"""From landed bytes to text that DuckDB reads without losing a line: unpacked, UTF-8, one kind of line end."""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.durable import PRIVATE_FILE
from ingestion.errors import RefusedError

CHUNK = 8 * 1024 * 1024
BLANK = b"\x02"  # stands for a blank line: DuckDB's reader would skip it, and every later line number would be wrong
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# NUL and the two characters that the reader uses for itself become SUBSTITUTE, which no rule lets pass as a code
CLEAN = bytes.maketrans(b"\x00\x01\x02", b"\x1a\x1a\x1a")
UNCLEAN = (b"\x00", b"\x01", b"\x02")


@dataclass(frozen=True)
class Prepared:
    """A text file: UTF-8 without byte order mark, lines end in LF.

    has_quotes: whether a ``"`` stands anywhere in it
    """

    path: Path
    encoding: str
    has_quotes: bool


def _chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, unpacked if they are gzip, eight megabytes at a time."""
    with path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start.startswith(ZIP):
            raise RefusedError("The file is a zip archive. Send the file itself, plain or as .gz.")
        if not start.startswith(GZIP):
            while chunk := raw.read(CHUNK):
                yield chunk
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            try:
                while chunk := unpacked.read(CHUNK):
                    yield chunk
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise RefusedError(
                    "The file is not a whole gzip file: it was cut off or damaged. Send it again."
                ) from error


def _without_bom(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    if first.startswith(UTF_16):
        raise RefusedError("The file is UTF-16. Export it again as UTF-8 (in Excel: CSV UTF-8).")
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from chunks


def _as_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The chunks in UTF-8; raises UnicodeDecodeError where the bytes are not of that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for chunk in chunks:
        text = decoder.decode(chunk)
        yield chunk if encoding == "utf-8" else text.encode()
    decoder.decode(b"", final=True)


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
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if at_line_start and data.startswith(b"\n"):
            data = BLANK + data
        while b"\n\n" in data:
            data = data.replace(b"\n\n", b"\n" + BLANK + b"\n")
        at_line_start = data.endswith(b"\n")
        yield data
    if held:
        yield BLANK + b"\n" if at_line_start else b"\n"


def prepare(landed: Path, target: Path, encodings: tuple[str, ...]) -> Prepared:
    """Write the landed bytes to ``target`` as clean text, trying the encodings in their order.

    Raises RefusedError for an empty file, for a broken archive and for bytes of none of the encodings.
    """
    for encoding in encodings:
        has_quotes, size = False, 0
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in _as_lines(_as_utf8(_without_bom(_chunks(landed)), encoding)):
                    has_quotes = has_quotes or b'"' in chunk
                    size += len(chunk)
                    file.write(chunk)
        except UnicodeDecodeError:
            continue
        if size == 0:
            raise RefusedError("The file is empty. Send it again.")
        return Prepared(target, encoding, has_quotes)
    raise RefusedError(f"The file is written in none of {', '.join(encodings)}. Export it again as UTF-8.")
