"""A multipart body, read once and straight into the data folder: no second copy, little memory, nothing before the key is checked."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from api.blobs import Blobs, Incoming
from jitl.errors import BadInput, TooLarge, Unavailable

MOST_FILES: Final = 1000
FIELD_BYTES: Final = 64 * 2**10  # all fields that are no files, together
PIECE: Final = 256 * 2**10


@dataclass(frozen=True, slots=True)
class Received:
    """`name` is the sender's, made safe: relative, without `..`; the bytes wait in `content`."""

    name: str
    content: Incoming


@dataclass(slots=True)
class Upload:
    """What a body held. Whoever gets one keeps or drops every file in it."""

    files: list[Received] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def drop(self) -> None:
        for file in self.files:
            file.content.drop()


class _Form:
    """Callbacks of the parser: parts become files or fields."""

    def __init__(self, blobs: Blobs) -> None:
        self.upload = Upload()
        self.ended = False
        self._blobs = blobs
        self._left = FIELD_BYTES
        self._headers: dict[bytes, bytes] = {}
        self._header, self._value = b"", b""
        self._file: Incoming | None = None
        self._field: tuple[str, bytearray] | None = None

    def part_begin(self) -> None:
        self._headers, self._header, self._value = {}, b"", b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" in options:
            if len(self.upload.files) >= MOST_FILES:
                raise TooLarge(f"More than {MOST_FILES} files in one upload.", hint="Send an archive, or several uploads.")
            name = safe_name(options[b"filename"].decode("utf-8", "replace"))
            self._file = self._blobs.incoming()
            self.upload.files.append(Received(name, self._file))
        else:
            self._field = (options.get(b"name", b"").decode("utf-8", "replace"), bytearray())

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
        elif self._field is not None:
            self._left -= end - start
            if self._left < 0:
                raise TooLarge(f"The form's fields exceed {FIELD_BYTES} bytes.")
            self._field[1].extend(data[start:end])

    def part_end(self) -> None:
        if self._file is not None:
            self._file.seal()
        if self._field is not None:
            self.upload.fields[self._field[0]] = self._field[1].decode("utf-8", "replace")
        self._file = self._field = None

    def end(self) -> None:
        self.ended = True


async def receive(request: Request, blobs: Blobs) -> Upload:
    """Read the request's multipart body. Raises `BadInput` for one that is none, with nothing left behind."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadInput("The body is no multipart form.", hint="Send files as multipart/form-data: curl -F file=@paper.pdf ...")
    form = _Form(blobs)
    try:
        await _fill(form, boundary, request.stream())
    except FormParserError as error:
        form.upload.drop()
        raise BadInput("The multipart body is malformed.", hint="Send it again.") from error
    except OSError as error:
        form.upload.drop()
        raise Unavailable(f"The upload cannot be stored: {error.strerror}.", hint="Tell an admin of this service.") from error
    except BaseException:
        form.upload.drop()
        raise
    return form.upload


async def _fill(form: _Form, boundary: bytes, stream: AsyncIterator[bytes]) -> None:
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": form.part_begin,
            "on_header_field": form.header_field,
            "on_header_value": form.header_value,
            "on_header_end": form.header_end,
            "on_headers_finished": form.headers_finished,
            "on_part_data": form.part_data,
            "on_part_end": form.part_end,
            "on_end": form.end,
        },
    )
    async for piece in _pieces(stream):
        await to_thread.run_sync(parser.write, piece)
    if not form.ended:
        raise BadInput("The multipart body ends before its last boundary.", hint="Send it again.")
    if not form.upload.files:
        raise BadInput("The form holds no file.", hint="Send files as multipart/form-data: curl -F file=@paper.pdf ...")


async def _pieces(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces, so that few of them change threads."""
    held: list[bytes] = []
    size = 0
    async for data in stream:
        held.append(data)
        size += len(data)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def safe_name(name: str) -> str:
    """A file name as a document's name: relative, forward slashes, no `..`, nothing unprintable."""
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        raise BadInput("A file's name holds control characters.", hint="Rename the file.")
    parts = [part for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts or len("/".join(parts)) > 500:
        raise BadInput("A file has no name of 1 to 500 characters.", hint="Rename the file.")
    return "/".join(parts)
