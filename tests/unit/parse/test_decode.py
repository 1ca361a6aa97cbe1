from __future__ import annotations

from pathlib import Path

import pytest

from ingest.parse.decode import decode, read_text, scrub
from jitl.errors import Unreadable

CHINESE = "探测器的数据处理系统在每天凌晨三点更新，更新期间会中断大约十分钟。请先登录计算节点。"
FRENCH = "La résolution du calorimètre a été mesurée à l'énergie désirée, près du détecteur."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (CHINESE.encode(), CHINESE),
        (b"\xef\xbb\xbf" + CHINESE.encode(), CHINESE),
        (CHINESE.encode("gbk"), CHINESE),
        (CHINESE.encode("gb18030"), CHINESE),
        (CHINESE.encode("utf-16"), CHINESE),
        ("Trigger rates".encode("utf-16-le"), "Trigger rates"),
        ("Trigger rates".encode("utf-16-be"), "Trigger rates"),
        (FRENCH.encode("latin-1"), FRENCH),
        (
            ("Preis: 5 € für den Fühler des Detektors, geprüft " * 3).encode("cp1252"),
            "Preis: 5 € für den Fühler des Detektors, geprüft " * 3,
        ),
        (b"a\r\nb\rc\x0cd", "a\nb\nc\nd"),
    ],
)
def test_text_comes_back_as_it_was_written(data: bytes, text: str) -> None:
    assert decode(data).text == text


def test_a_few_bad_bytes_do_not_cost_the_rest_of_a_utf8_file() -> None:
    found = decode((CHINESE * 3).encode() + b" Gr\xf6\xdfe")
    assert found.text == CHINESE * 3 + " Größe"
    assert found.notices


def test_chinese_in_gbk_is_not_taken_from_a_western_file() -> None:
    assert decode("café à l'été où naïf Zoë".encode("cp1252")).encoding != "gb18030"


def test_what_a_file_declares_is_believed_only_where_it_can_be_true() -> None:
    assert decode("Größe".encode("latin-1"), "iso-8859-1").text == "Größe"
    assert decode("质量".encode(), "iso-8859-1").text == "质量"
    assert decode("质量".encode("gbk"), "gb2312").text == "质量"
    assert decode(b"Gr\xf6\xdfe", "no-such-encoding").text == "Größe"


def test_control_characters_and_surrogates_never_come_through() -> None:
    assert scrub("a\x00b\x1b[31mred\x1b[0m\ud800c\td\n") == "abredc\td\n"
    assert decode(b"a\x00b").notices == ("NUL bytes were left out",)


def test_a_file_that_is_gone_is_reported_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be opened"):
        read_text(tmp_path / "none.txt")
