"""Services · Usage · Unpacking — the text lines of a cost export: plain, gzip, or the CSV parts of a zip archive.

Nothing is ever unpacked to disk or whole into memory, and no more than MOST_BYTES of text is read.
"""

from __future__ import annotations

import hashlib
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import IO, Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

LONGEST_LINE: Final = 1024 * 1024
MOST_BYTES: Final = 2 * 1024**3
"""Of text, after unpacking: two million wide lines; more is refused, so that a packed bomb costs a minute at most."""
MOST_PARTS: Final = 1000
DAMAGED: Final = Message("This archive is damaged.")

_CHUNK: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PARTS: Final = (".csv", ".csv.gz")
_ARCHIVES: Final = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz")
_BESIDE: Final = (".json", ".txt", ".md", ".pdf")
"""What providers put beside the parts: a manifest, a note. It holds no costs."""

Watch = Callable[[int], None]
"""Told how many bytes of the file are behind us; it raises to stop the reading."""


def _unwatched(_bytes: int) -> None:
    return


class Unpacked:
    """The parts of a file, each as its text lines; hashed as they pass.

    The hash is that of the text: the same export plain, as gzip or as an archive of one part is one file.
    """

    def __init__(self, stream: IO[bytes], watch: Watch | None = None) -> None:
        self.stream = stream
        self.watch = watch or _unwatched
        self.digest = hashlib.sha256()
        self.bytes = 0

    def parts(self) -> Iterator[tuple[str, Iterator[str]]]:
        """Every part with its name and its lines; a file that is no archive is one part without a name.

        Raises: RuleViolation with a sentence where it cannot be unpacked.
        """
        head = self.stream.read(4)
        self.stream.seek(0)
        if head not in _ZIP:
            yield "", self._lines(_blocks(self.stream))
            return
        try:
            with zipfile.ZipFile(self.stream) as archive:
                for place, member in enumerate(_csv_members(archive)):
                    if place:
                        self.digest.update(b"\0next part\0")
                    with closing(archive.open(member)) as part:
                        yield _shown(member.filename), self._lines(_sound(part))
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            raise _refusal(DAMAGED) from error
        except (NotImplementedError, RuntimeError) as error:
            raise _refusal(Message("This archive is packed in a way we cannot read. Pack it again as zip.")) from error

    def _lines(self, blocks: Iterator[bytes]) -> Iterator[str]:
        """One text line at a time, with its line end."""
        rest = b""
        for block in blocks:
            self.digest.update(block)
            self.bytes += len(block)
            self.watch(self.stream.tell())
            if self.bytes > MOST_BYTES:
                raise _refusal(Message("This file is too large. Export one month at a time."))
            parts = (rest + block).split(b"\n")
            rest = parts.pop()
            if len(rest) > LONGEST_LINE:
                raise _refusal(Message("This is not a table: a line never ends."))
            for part in parts:
                yield part.decode("utf-8") + "\n"
        if rest:
            yield rest.decode("utf-8")


def _sound(part: IO[bytes]) -> Iterator[bytes]:
    """The bytes of one part of an archive. Raises: RuleViolation where they are not what the archive says."""
    try:
        yield from _blocks(part)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise _refusal(DAMAGED) from error


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of one part, unpacked when they are gzip."""
    head = stream.read(_CHUNK)
    if not head.startswith(_GZIP):
        while head:
            yield head
            head = stream.read(_CHUNK)
        return
    unpacker = zlib.decompressobj(wbits=31)
    waiting = head
    while waiting:
        yield unpacker.decompress(waiting, _CHUNK)
        waiting = unpacker.unconsumed_tail
        if unpacker.eof:
            waiting = unpacker.unused_data or stream.read(_CHUNK)
            if waiting.strip(b"\0"):
                unpacker = zlib.decompressobj(wbits=31)
            else:
                return
        waiting = waiting or stream.read(_CHUNK)
    yield unpacker.flush()
    if not unpacker.eof:
        raise _refusal(Message("This compressed file is cut short."))


def _csv_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The CSV parts in the order of their names.

    Raises: RuleViolation where the archive holds what could be costs and is no CSV, or what we do not open.
    """
    found: list[zipfile.ZipInfo] = []
    for member in archive.infolist():
        name = member.filename.lower()
        last = name.rsplit("/", 1)[-1]
        if member.is_dir() or name.startswith("__macosx/") or last.startswith((".", "~$")) or last.endswith(_BESIDE):
            continue
        _refuse_odd(member)
        if last.endswith(_ARCHIVES):
            raise _refusal(Message("There is an archive inside this archive: %(name)s.", name=_shown(member.filename)))
        if not last.endswith(_PARTS):
            raise _refusal(Message("“%(name)s” in this archive is not a CSV file.", name=_shown(member.filename)))
        found.append(member)
    if not found:
        raise _refusal(Message("There is no CSV file in this archive."))
    if len(found) > MOST_PARTS or len({member.filename for member in found}) < len(found):
        raise _refusal(Message("This archive has too many parts, or two of the same name."))
    return sorted(found, key=lambda member: member.filename)


def _refuse_odd(member: zipfile.ZipInfo) -> None:
    """Raises: RuleViolation for what is encrypted, a link, or named so as to lead elsewhere."""
    name, mode = member.filename, member.external_attr >> 16
    if member.flag_bits & 1:
        raise _refusal(Message("This archive is protected by a password. Pack it again without one."))
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise _refusal(Message("“%(name)s” in this archive is not a file.", name=_shown(name)))
    if not name.isprintable() or name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise _refusal(Message("This archive has a part with an odd name: %(name)s.", name=_shown(name)))


def _shown(name: str) -> str:
    """The end of a part's name, as it can be printed."""
    text = name.encode("utf-8", "replace").decode()
    return "".join(character for character in text if character.isprintable())[-100:]


def _refusal(reason: Message) -> RuleViolation:
    return RuleViolation(reason, field="file")
