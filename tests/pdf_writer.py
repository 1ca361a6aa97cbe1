"""A PDF writer of our own for tests: text at places, strokes, pictures, properties, a table of contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FONTS = {"F": "Helvetica", "B": "Helvetica-Bold", "M": "Courier"}


@dataclass
class PageOf:
    """Commands of one page; y counts from the bottom."""

    width: float = 595
    height: float = 842
    commands: list[bytes] = field(default_factory=list)

    def text(self, text: str, x: float, y: float, size: float = 11, font: str = "F", *, up: bool = False) -> PageOf:
        escaped = text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
        place = f"0 1 -1 0 {x} {y} Tm" if up else f"1 0 0 1 {x} {y} Tm"
        self.commands.append(f"BT /{font} {size} Tf {place} (".encode() + escaped + b") Tj ET")
        return self

    def lines(self, texts: Sequence[str], x: float = 72, y: float = 700, size: float = 11, step: float = 13, font: str = "F") -> PageOf:
        for index, text in enumerate(texts):
            self.text(text, x, y - index * step, size, font)
        return self

    def stroke(self, x: float, y: float, width: float) -> PageOf:
        self.commands.append(f"{x} {y} {width} 0.4 re f".encode())
        return self

    def picture(self) -> PageOf:
        self.commands.append(b"q 300 0 0 300 100 100 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q")
        return self


def pdf(
    pages: Sequence[PageOf], properties: dict[str, str] | None = None, marks: Sequence[tuple[str, int]] = (), *, locked: bool = False
) -> bytes:
    """The file's bytes. `marks` are (title, page from 0) of a flat table of contents; `locked` asks for a password."""
    objects: list[bytes] = [b"", b""]  # catalogue, pages

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    fonts = " ".join(
        f"/{key} {add(f'<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>'.encode())} 0 R"
        for key, name in FONTS.items()
    )
    kids = []
    for page in pages:
        content = b"\n".join(page.commands)
        stream = add(b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream")
        box = f"/MediaBox [0 0 {page.width} {page.height}] /Contents {stream} 0 R /Resources << /Font << {fonts} >> >>"
        kids.append(add(f"<< /Type /Page /Parent 2 0 R {box} >>".encode()))
    outlines = ""
    if marks:
        root = len(objects) + 1
        add(f"<< /Type /Outlines /First {root + 1} 0 R /Last {root + len(marks)} 0 R /Count {len(marks)} >>".encode())
        for index, (title, page) in enumerate(marks):
            following = f"/Next {root + index + 2} 0 R" if index + 1 < len(marks) else ""
            add(f"<< /Title ({title}) /Parent {root} 0 R {following} /Dest [{kids[page]} 0 R /Fit] >>".encode())
        outlines = f"/Outlines {root} 0 R"
    info = add(b"<< " + b" ".join(f"/{key} ({value})".encode() for key, value in (properties or {}).items()) + b" >>")
    lock = add(b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>") if locked else 0
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {outlines} >>".encode()
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    data = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    encrypt = b" /Encrypt %d 0 R /ID [<41> <41>]" % lock if lock else b""
    return bytes(
        data + b"trailer << /Size %d /Root 1 0 R /Info %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, info, encrypt, start)
    )
