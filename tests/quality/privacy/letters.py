"""Labelled letters: invented people write to each other the ways that people do. Two halves share neither people nor layouts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

_FIRST = """
Ada Example / Bo-Yuan Sample / Émilie Dupré-Roux / Jürgen Weißmann / 王小明 / Maria da Silva Prado / O'Neill, Siobhan / R. K. Ramanathan
Tetsuo Yamashiro / Åsa Lindqvist / Giovanni Di Pietrosanto / Zoë van der Veen / Mark Willmott / Olga Petrovna Sidorenko / 李文博
Juan Pérez Ortuño
"""
_SECOND = """
Lin Chen-Hua / Katarzyna Wójcicka / Bauer, Hans-Peter / Fatima al-Rashidi / 张伟国 / Pierre Lefèbvre / S. Chandrasekaran / Ingrid Solheim
Dmitri Volkonsky / Beatriz Fernández-Mora / Will Hartnell / Nguyen Thi Bich / Luca De Angelis / Anneke de Wit / 欧阳雪 / Peter Q. Marlowe
"""
PEOPLE = tuple([name.strip() for name in names.strip().replace("\n", " / ").split(" / ")] for names in (_FIRST, _SECOND))
SUBJECTS = (
    ("Fit of the short tracks", "Re: farm is down", "[boss-users] release 7.1.3"),
    ("Meeting on Friday", "Fwd: luminosity", "Re: [dq] run 10345"),
)
SAID = (
    (
        "The fit fails below 50 MeV, see run 10345.",
        "Please rebuild with version 7.1.3 before Friday.",
        "The rate was 4.2 kHz at 3.773 GeV.",
    ),
    ("The alignment of layer 17 moved by 0.12 mm.", "I put the ntuples under /data/2029/rec.", "Could you rerun with -O2 and 64 bins?"),
)
PHONES = (
    ("+86 10 8823 5000", "Tel: +41 22 767 61 11", "phone: 0041 22 7676111", "(010) 8823-5001", "Mobile: 139 1234 5678", "+49-89-32354-0"),
    ("+1 (630) 840-3000", "Fax. +33 1 69 15 82 11", "Tel 010-88235002", "电话：010-8823 5003", "13912345679", "+39 06 9403 2911"),
)
CLOSINGS = (("Best regards,", "Cheers,", "Thanks a lot,\n"), ("Kind regards", "Many thanks,", "Mit freundlichen Grüßen"))
WAYS = (("{} ({})", '"{}" <{}>'), ("{} <{}>", "{} <{}>"))


@dataclass(frozen=True)
class Letter:
    """`names` and `addresses` stand in its header; `patterns` are addresses and phones of its text, `signature` what follows the end."""

    raw: bytes
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    patterns: tuple[str, ...]
    signature: tuple[str, ...]
    kept: tuple[str, ...]


def letters(half: int, count: int = 150) -> Iterator[Letter]:
    draw = random.Random(f"letters {half}")
    for number in range(count):
        yield _letter(draw, half, number)


def _letter(draw: random.Random, half: int, number: int) -> Letter:
    writer, reader, third, quoted = draw.sample(PEOPLE[half], 4)
    addresses = [_address(draw, name) for name in (writer, reader, third, quoted)]
    fields = [_field(draw, half, name, address) for name, address in zip((writer, reader, third), addresses, strict=False)]
    said, phone, closing = draw.choice(SAID[half]), draw.choice(PHONES[half]), draw.choice(CLOSINGS[half])
    first, other = _called(writer), _called(reader)
    others = draw.choice((_obfuscated(addresses[3]), addresses[3]))
    text = "\n".join(
        [
            draw.choice((f"Dear {other},", f"Hi {other},", f"{reader},")),
            "",
            f"{said} {_called(third)} said so too; write to {others} or call {phone}.",
            draw.choice((f"As {third} showed on Monday, it works.", f"@{_login(reader)} please look.", "")),
            "",
            closing,
            first,
            "",
            draw.choice(("Institute of Invented Physics", "Dept. of Examples")),
            draw.choice(PHONES[half]),
            "",
            f"On Mon, 5 Feb 2029 at 10:00, {quoted} <{addresses[3]}> wrote:",
            f"> Dear {first}, did {other} see it?",
            f"> {draw.choice(SAID[half])}",
        ]
    )
    head = f"From: {fields[0]}\nTo: {fields[1]}\nCc: {fields[2]}\nSubject: {draw.choice(SUBJECTS[half])}\n"
    head += f"Date: Mon, 5 Feb 2029 11:{number % 60:02d}:00 +0000\n"
    head += f"Message-ID: <{number}.{addresses[0]}>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    return Letter(
        (head + text).encode(),
        (writer, reader, third),
        tuple(addresses[:3]),
        (others, phone.split(":")[-1].strip()),
        (first,),
        (said.split(",")[0].rstrip("."),),
    )


def _address(draw: random.Random, name: str) -> str:
    return f"{_login(name)}{draw.randint(1, 99)}@{draw.choice(('ihep', 'lab', 'mail.uni'))}.example.{draw.choice(('org', 'cn', 'edu'))}"


def _login(name: str) -> str:
    letters = "".join(sign for sign in name.lower() if sign.isascii() and sign.isalpha())
    return letters[:10] or "wxm"


def _called(name: str) -> str:
    """By the first name, as people sign and greet."""
    if "," in name:
        return name.split(", ")[1]
    first = name.split(maxsplit=1)[0]
    return name.rsplit(maxsplit=1)[-1] if len(first.rstrip(".")) == 1 else first


def _field(draw: random.Random, half: int, name: str, address: str) -> str:
    if "," in name:
        return f'"{name}" <{address}>'
    way = draw.choice(WAYS[half])
    return way.format(address, name) if way == "{} ({})" else way.format(name, address)


def _obfuscated(address: str) -> str:
    return address.replace("@", " at ")
