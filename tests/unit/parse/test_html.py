from __future__ import annotations

import pytest

from ingest.parse.html_marks import too_deep
from jitl.errors import Unreadable
from jitl.types import BlockKind

WIKI = """<html><head><title>DetectorShifts &lt; Operation &lt; TWiki</title><meta name="author" content="Zhang Min"></head>
<body><div class="patternTop"><span class="patternHomePath">You are here:
<a href="/bin/view/Operation/WebHome">Operation</a> &gt; <a href="/bin/view/Operation/ShiftDuties">ShiftDuties</a> &gt;
<a href="/bin/view/Operation/DetectorShifts">DetectorShifts</a></span></div>
<div id="patternSideBar"><ul><li>Log In</li></ul></div>
<div class="patternTopic"><h1>Detector shifts</h1><p>Two people are on shift.</p>
<h2>Trips</h2><p>Wait two minutes.</p></div>
<div class="patternInfo">Topic revision: r12 - 2017-05-03 - <a href="/x">LiWei</a></div>
<div id="patternBottomBar">Edit | Attach</div></body></html>"""


def test_a_saved_topic_without_its_skin(read, blocks) -> None:
    found = read("DetectorShifts.html", WIKI)
    text = "\n".join(blocks(found))
    assert found.kind == "twiki"
    assert "Two people are on shift." in text
    assert "Log In" not in text
    assert "Attach" not in text
    assert text.endswith("Parent topic: ShiftDuties")
    expected = {
        "topic": "DetectorShifts",
        "web": "Operation",
        "parent": "ShiftDuties",
        "revision": "12",
        "date": "2017-05-03",
        "author": "LiWei",
    }
    assert expected.items() <= found.metadata.items()


def test_structure_of_a_page(read, blocks) -> None:
    page = """<html lang="en"><head><title>Calorimeter — Guide</title><meta property="article:published_time" content="2020-01-02T00:00">
    <style>p {}</style></head><body><nav>Home</nav><main><h1>Calorimeter</h1>
    <p>Energy is 10<sup>33</sup> in H<sub>2</sub>O and p<sub>T</sub>.<br>Next line<script>var x = "hidden";</script></p>
    <ul><li>one<ol start="3"><li>three</li></ol></li><li>two</li></ul>
    <dl><dt>EMC</dt><dd><p>the calorimeter</p></dd></dl>
    <table><caption>Phones</caption><tr><th>A</th><th>B</th></tr><tr><td>1<br>2</td><td>x | y</td></tr></table>
    <pre>  code
    kept</pre><blockquote><p>said so</p></blockquote>
    <math display="block"><semantics><mi>E</mi><annotation encoding="application/x-tex">E=mc^2</annotation></semantics></math>
    <p>with <math><mi>x</mi><annotation encoding="application/x-tex">x_1</annotation></math> inside,
    <script type="math/tex">y^2</script> and <span class="katex"><span class="katex-mathml"><math>
    <annotation encoding="application/x-tex">z</annotation></math></span><span class="katex-html">zzz</span></span>.</p>
    <img src="a.png" alt="$\\alpha$"><img src="b.png" alt="a photo"></main><footer>imprint</footer></body></html>"""
    found = read("calo.html", page)
    assert found.title == "Calorimeter"
    assert found.metadata["date"] == "2020-01-02"
    assert blocks(found, BlockKind.LIST) == ["- one\n  3. three\n- two"]
    assert blocks(found, BlockKind.TABLE) == ["Phones\nA | B\n1 2 | x | y"]
    assert blocks(found, BlockKind.CODE) == ["  code\n    kept"]
    assert blocks(found, BlockKind.FORMULA) == ["E=mc^2"]
    assert blocks(found, BlockKind.QUOTE) == ["said so"]
    paragraphs = blocks(found, BlockKind.PARAGRAPH)
    assert "Energy is 10^33 in H2O and p_T.\nNext line" in paragraphs
    assert "EMC: the calorimeter" in paragraphs
    assert "with $x_1$ inside, $y^2$ and $z$ ." in paragraphs
    text = "\n".join(blocks(found))
    for furniture in ("Home", "hidden", "imprint", "zzz", "a photo"):
        assert furniture not in text


def test_generated_code_listings_lose_their_line_numbers(read, blocks) -> None:
    page = """<html><body><div class="fragment"><div class="line"><span class="lineno">  1</span>int a;</div>
    <div class="line"><span class="lineno">  2</span>int b;</div></div>
    <table class="highlighttable"><tr><td class="linenos"><pre>1\n2</pre></td>
    <td class="code"><pre>x = 1\ny = 2</pre></td></tr></table></body></html>"""
    assert blocks(read("a.html", page), BlockKind.CODE) == ["int a;\nint b;", "x = 1\ny = 2"]


def test_a_layout_table_is_no_table(read, blocks) -> None:
    page = "<html><body><table><tr><td><h2>News</h2><p>Run 12 started.</p></td></tr></table></body></html>"
    assert blocks(read("a.html", page)) == ["News", "Run 12 started."]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<html><head><title>Log in</title></head><body><form><input type=password></form>CERN account</body></html>", "login"),
        ("<html><head><title>CERN Single Sign-On</title></head><body>Sign in with a CERN account</body></html>", "login"),
        ("<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1>nginx</body></html>", "does not exist"),
        ("<html><head><title>X &lt; Y &lt; TWiki</title></head><body>NOTE: This Wiki topic does not exist</body></html>", "does not exist"),
    ],
)
def test_pages_that_only_stand_for_another_are_refused(read, page: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as caught:
        read("a.html", page)
    assert caught.value.hint


def test_a_long_page_that_mentions_a_login_is_kept(read, blocks) -> None:
    page = "<html><head><title>Login nodes</title></head><body><p>" + "Use the login node for small tests. " * 80 + "</p></body></html>"
    assert blocks(read("a.html", page))


def test_declared_encodings(read, blocks) -> None:
    page = '<html><head><meta charset="gb2312"><title>值班</title></head><body><p>漂移室高压跳闸</p></body></html>'
    assert blocks(read("a.html", page.encode("gbk"))) == ["漂移室高压跳闸"]


def test_a_single_file_archive_of_a_browser(read, blocks) -> None:
    archive = (
        'From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\n'
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        "<html><body><p>Ma=C3=9F =3D 5</p></body></html>\n--b--\n"
    )
    assert blocks(read("page.mhtml", archive)) == ["Maß = 5"]
    with pytest.raises(Unreadable, match="no page"):
        read("empty.mht", "MIME-Version: 1.0\nContent-Type: text/plain\n\nx\n")


def test_hostile_nesting_is_flattened_and_honest_nesting_is_not(read, blocks) -> None:
    assert too_deep("<div>" * 2000)
    assert not too_deep("<div><p><b>x</b></p></div>" * 5000)
    assert blocks(read("a.html", "<html><body>" + "<div>" * 3000 + "<p>deep words</p>")) == ["deep words"]
    assert blocks(read("b.html", "<html><body>" + "<div>" * 400 + "<p>deep words</p>")) == ["deep words"]
