from __future__ import annotations

import pytest

from jitl.types import BlockKind

NOTES = """Run summary

In 2018 the detector took its largest sample of data at the resonance, and
the sample of the year after was nearly as large.

Short line
another short line

MAGNET STATUS

- first item
  goes on
- second item

3.2 Cooling water

> quoted words
> and more

    int main() {
      return 0;
    }

Sample     Events   Year
J/psi      10087    2019
psi(3686)  2712     2021

a | b | c
1 | 2 | 3

Underlined
----------
text below it
"""


def test_structure(read, blocks) -> None:
    found = read("notes.txt", NOTES)
    assert found.title == "Run summary"
    assert blocks(found, BlockKind.HEADING) == ["Run summary", "MAGNET STATUS", "3.2 Cooling water", "Underlined"]
    paragraphs = blocks(found, BlockKind.PARAGRAPH)
    assert paragraphs[0].endswith("at the resonance, and the sample of the year after was nearly as large.")
    assert "Short line\nanother short line" in paragraphs
    assert blocks(found, BlockKind.LIST) == ["- first item goes on\n- second item"]
    assert blocks(found, BlockKind.QUOTE) == ["quoted words\nand more"]
    assert blocks(found, BlockKind.CODE) == ["    int main() {\n      return 0;\n    }"]
    assert blocks(found, BlockKind.TABLE)[0].startswith("Sample     Events   Year\n")
    assert blocks(found, BlockKind.TABLE)[1] == "a | b | c\n1 | 2 | 3"


def test_chinese_text_of_another_century(read, blocks) -> None:
    body = "漂移室高压跳闸时，先记录扇区，再等两分钟，然后单独升高这个扇区的电压，\n第三次跳闸以后停止取数，通知专家。"
    text = f"值班手册\n\n第一章 漂移室\n\n{body}\n"
    found = read("shift.txt", text.encode("gbk"))
    assert found.title == "值班手册"
    assert found.blocks[-1].section == ("第一章 漂移室",)
    assert "单独升高这个扇区的电压，第三次跳闸" in blocks(found)[-1]


def test_a_long_log_comes_in_blocks(read, blocks) -> None:
    found = read("run.log", "".join(f"{i:05d} INFO step\n" for i in range(1000)))
    assert len(blocks(found)) == 10


def test_tables_of_values_repeat_their_header(read, blocks) -> None:
    rows = "\n".join(f'run{i},"{i}, nominal",{i * 2}' for i in range(100))
    found = read("runs.csv", f"# runs of May\nrun,mode,events\n{rows}\n")
    tables = blocks(found, BlockKind.TABLE)
    assert blocks(found)[0] == "runs of May"
    assert all(table.startswith("run | mode | events\n") for table in tables)
    assert "run7 | 7, nominal | 14" in tables[0]
    assert sum(table.count("nominal") for table in tables) == 100
    assert blocks(read("b.tsv", "a\tb\n1\t2\n")) == ["a | b\n1 | 2"]
    assert blocks(read("c.csv", "a;b\n1;2\n")) == ["a | b\n1 | 2"]


@pytest.mark.parametrize("content", ["", "\n\n", "\x00\x00\n"])
def test_nothing_is_no_blocks(read, content: str) -> None:
    assert read("a.txt", content).blocks == ()


def test_a_stray_nul_is_left_out_and_said(read, blocks) -> None:
    found = read("a.txt", "The beam\x00 is on, and it stays on for the rest of the night.\n")
    assert blocks(found) == ["The beam is on, and it stays on for the rest of the night."]
    assert found.notices == ("NUL bytes were left out",)
