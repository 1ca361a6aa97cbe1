from __future__ import annotations

from jitl.types import BlockKind

TOPIC = r"""%META:TOPICINFO{author="ZhangMin" date="1300000000" format="1.1" version="1.12"}%
%META:TOPICPARENT{name="OfflineSoftware"}%
---+!! <nop>TriggerMenu of the %MAKETEXT{"spring run"}%
   * Set RELEASE = 7.1.2
%TOC{depth="2"}%
%STARTINCLUDE%
Use release %RELEASE% %BR% and *never* an _older_ one; set =JOBS=4= or ==fast==. See [[System.BatchQueues][the queues]] or [[http://example.org/a][docs]].
<!-- a remark that nobody sees -->
!NotALink, !%NOTAMACRO% and <nop>WikiWord stay readable.

---++ Rates
%TABLE{sort="off"}%
| *Line* | *Rate* | *Unit* |
| dimuon | 120 | Hz |
| ^ | 95 | Hz |
| total || see %$\sum_i r_i$% |

   * first
      * nested
        goes on
   * second
      1 one
      1 two
   $ Prescale: one event in n

<verbatim class="tml">
%SEARCH{"x" type="query"}%
   a < b && c
</verbatim>
%SEARCH{"name='%TOPIC%'" web="%WEB%" format="$topic"}%
<latex>E = mc^2</latex>
%TWISTY{showlink="Show more..."}%
Hidden words with <b>HTML</b> &amp; entities, p_T < 20 GeV.
%ENDTWISTY%
%INCLUDE{"OtherTopic" section="x"}%
%CODE{"python"}%
def f(): return "%HERE%"
%ENDCODE%
#AnchorHere
%JIRA{"ABC-123"}%
%META:FORM{name="ReleaseForm"}%
%META:FIELD{name="Status" attributes="M" title="Status" value="under %25review%25"}%
%META:FIELD{name="Notes" title="Notes" value="Long words.%0a%0a   * with a list"}%
%META:FILEATTACHMENT{name="rates.pdf" comment="rates of May" date="1" user="X"}%
"""


def test_headings_text_and_markup_read_as_the_wiki_shows_them(read, blocks) -> None:
    found = read("Operation/TriggerMenu.txt", TOPIC)
    text = "\n".join(blocks(found))
    assert found.title == "TriggerMenu of the spring run"
    assert found.kind == "twiki"
    assert "Use release 7.1.2\nand never an older one; set JOBS=4 or fast. See the queues or docs." in text
    assert "NotALink, %NOTAMACRO% and WikiWord stay readable." in text
    assert "nobody sees" not in text
    assert 'SEARCH{"name' not in text
    assert "Hidden words with HTML & entities, p_T < 20 GeV." in text
    assert "Show more..." in text
    assert "JIRA ABC-123" in text
    assert "AnchorHere" not in text
    assert "TOC" not in text


def test_tables_are_rows_and_repeat_spanned_cells(read, blocks) -> None:
    (table,) = blocks(read("A.txt", TOPIC), BlockKind.TABLE)
    assert table == "Line | Rate | Unit\ndimuon | 120 | Hz\ndimuon | 95 | Hz\ntotal | see $\\sum_i r_i$"


def test_lists_keep_their_depth(read, blocks) -> None:
    assert "- first\n  - nested goes on\n- second\n  1. one\n  2. two\n- Prescale: one event in n" in blocks(
        read("A.txt", TOPIC), BlockKind.LIST
    )


def test_verbatim_text_stays_as_written(read, blocks) -> None:
    code = blocks(read("A.txt", TOPIC), BlockKind.CODE)
    assert code == ['%SEARCH{"x" type="query"}%\n   a < b && c', 'def f(): return "%HERE%"']


def test_section_paths_follow_the_headings(read) -> None:
    (table,) = [b for b in read("A.txt", TOPIC).blocks if b.kind is BlockKind.TABLE]
    assert table.section == ("Rates",)


def test_parent_form_and_attachments_are_text_that_a_search_finds(read, blocks) -> None:
    found = read("Operation/TriggerMenu.txt", TOPIC)
    last = blocks(found)[-1]
    assert "Parent topic: OfflineSoftware" in last
    assert "Status: under %review%" in last
    assert "rates.pdf (rates of May)" in last
    assert found.blocks[-1].section == ()
    assert "- with a list" in blocks(found, BlockKind.LIST)


def test_metadata(read) -> None:
    metadata = read("Operation/TriggerMenu.txt", TOPIC).metadata
    assert metadata["author"] == "ZhangMin"
    assert metadata["date"].startswith("2011-03-13")
    assert metadata["revision"] == "12"
    assert metadata["parent"] == "OfflineSoftware"
    assert (metadata["web"], metadata["topic"]) == ("Operation", "TriggerMenu")
    assert metadata["includes"] == ["OtherTopic"]
    assert "http://example.org/a" in metadata["links"]


def test_view_rights_are_a_notice_to_the_owner(read) -> None:
    found = read("A.txt", '%META:TOPICINFO{author="a"}%\ntext\n   * Set ALLOWTOPICVIEW = Main.ShiftGroup\n')
    assert any("ALLOWTOPICVIEW = Main.ShiftGroup" in notice for notice in found.notices)


def test_nested_verbatim_and_what_is_never_closed(read, blocks) -> None:
    found = read(
        "A.txt", '---+ T\n---+ U\n<verbatim>\na <verbatim>\nb\n</verbatim>\nc\n</verbatim>\nafter\n%SEARCH{ "x\n<verbatim>\nto the end'
    )
    assert blocks(found, BlockKind.CODE) == ["a <verbatim>\nb\n</verbatim>\nc", "to the end"]
    assert any("after" in text for text in blocks(found))


def test_chinese_topic_in_gbk(read, blocks) -> None:
    text = (
        '%META:TOPICPARENT{name="WebHome"}%\n---+ 探测器值班\n漂移室高压跳闸时，先记录扇区，再等两分钟，然后单独升高压。这是值班的规定。\n'
    )
    found = read("A.txt", text.encode("gbk"))
    assert found.title == "探测器值班"
    assert any("先记录扇区" in part for part in blocks(found))


def test_headings_in_cells_rule_over_nothing_that_follows(read) -> None:
    page = "---+ T\n<table><tr><td><verbatim>---++ x</verbatim></td><td><h2>x</h2></td></tr></table>\n---+ U\n\nafter\n"
    assert read("A.txt", page).blocks[-1].section == ("U",)
