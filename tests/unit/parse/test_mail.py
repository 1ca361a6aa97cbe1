"""Mailboxes: splitting, fields, threads, quotations, and messages that no standard foresaw."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.parse.mail import MailboxParser
from ingest.parse.registry import parser_for
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument
from tests.data import corpora

Read = Callable[[str | bytes], list[ParsedDocument]]
HEAD = "From ann@b.c Mon Mar  4 09:12:00 2024\nFrom: Ann Lee <ann@b.c>\nDate: Mon, 4 Mar 2024 09:12:00 +0800\nSubject: Rates\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(content: str | bytes) -> list[ParsedDocument]:
        path = tmp_path / "box.mbox"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(MailboxParser().parse(SourceFile(path.as_uri(), path.name, path)))

    return run


def texts(document: ParsedDocument, kind: BlockKind = BlockKind.PARAGRAPH) -> list[str]:
    return [block.text for block in document.blocks[1:] if block.kind is kind]


# --- mailboxes -----------------------------------------------------------------------------------------------------


def test_a_message_is_a_document_with_its_fields(read: Read) -> None:
    fields = "To: Bo Wu <bo@b.c>, list@b.c\nCc: bo2@b.c\nMessage-ID: <1@b.c>\nList-Id: Software <soft.b.c>\n"
    (document,) = read(HEAD + fields + "\nThe rate is 5 Hz.\n")
    assert (document.title, document.kind, document.member) == ("Rates", "mail", "1@b.c")
    assert document.metadata == {
        "author": "Ann Lee",
        "date": "2024-03-04T09:12:00+08:00",
        "to": ["Bo Wu", "list@b.c", "bo2@b.c"],
        "list": "soft.b.c",
        "message_id": "1@b.c",
        "thread": "1@b.c",
    }
    assert [block.text for block in document.blocks] == ["Thread: Rates\nFrom: Ann Lee\nDate: 2024-03-04", "The rate is 5 Hz."]
    assert {block.message for block in document.blocks} == {"1@b.c"}


def test_only_a_line_that_begins_a_message_splits(read: Read) -> None:
    body = "\nFrom the year 2020 on: nothing.\n\nFrom here at 10:30 we went.\n>From my side, yes.\n\n"
    second = "From bob at b.c  Tue Mar  5 10:00:00 2024\nFrom: bob at b.c (Bob)\nSubject: B\n\nsecond\nFrom nobody"
    documents = read(HEAD + body + second)
    assert [document.title for document in documents] == ["Rates", "B"]
    assert texts(documents[0]) == ["From the year 2020 on: nothing.", "From here at 10:30 we went.\nFrom my side, yes."]
    assert texts(documents[1]) == ["second\nFrom nobody"]
    assert documents[1].metadata["author"] == "Bob"
    assert documents[1].metadata["date"] == "2024-03-05T10:00:00+00:00", "from the mailbox's own line"


def test_a_single_message_needs_no_from_line(read: Read) -> None:
    (document,) = read(HEAD.partition("\n")[2] + "\nHello\nFrom me Mon Mar  4 09:12:00 2024\nFrom: you\n")
    assert texts(document) == ["Hello\nFrom me Mon Mar 4 09:12:00 2024\nFrom: you"]


def test_windows_line_ends_and_a_mark_at_the_start(read: Read) -> None:
    documents = read(b"\xef\xbb\xbf" + (HEAD + "\nOne.\n\n" + HEAD + "\nTwo.\n").replace("\n", "\r\n").encode())
    assert [texts(document) for document in documents] == [["One."], ["Two."]]


def test_repeated_ids_and_repeated_messages(read: Read) -> None:
    one = HEAD + "Message-ID: <1@b.c>\n\none\n\n"
    documents = read(one + one + HEAD + "Message-ID: <1@b.c>\n\nother\n\n" + HEAD + "\nnone\n\n")
    members = [document.member for document in documents]
    assert len(set(members)) == len(members) == 3
    assert members[0] == "1@b.c"
    assert members[1].startswith("1@b.c#")
    assert members[2].startswith("sha256-")
    assert members == [document.member for document in read(one + HEAD + "Message-ID: <1@b.c>\n\nother\n\n" + HEAD + "\nnone\n\n")]


def test_an_empty_mailbox_is_refused(read: Read) -> None:
    with pytest.raises(Unreadable, match="no message"):
        read("\n\n")


# --- threads -------------------------------------------------------------------------------------------------------


def message(own: str, subject: str, fields: str = "") -> str:
    return f"From a@b.c Mon Mar  4 09:12:00 2024\nFrom: a@b.c\nSubject: {subject}\nMessage-ID: <{own}>\n{fields}\ntext\n\n"


def test_threads_by_references_replies_and_subjects(read: Read) -> None:
    documents = read(
        message("1", "[soft] Muons")
        + message("2", "Re: [soft] Muons", "References: <1>\n")
        + message("3", "RE: AW: [soft] Re: muons", "In-Reply-To: <2>\n")
        + message("4", "Re: Muons", "In-Reply-To: Your message of Monday\n")
        + message("5", "回复：[soft] Muons")
        + message("6", "Muons")
        + message("7", "Re: Unknown")
        + message("8", "Re: unknown")
        + message("9", "Re: lost", "References: <gone> <also-gone>\n")
    )
    assert [document.metadata["thread"] for document in documents] == [*"11111", "6", *(["subject:unknown"] * 2), "gone"]
    assert documents[4].blocks[0].text.startswith("Thread: Muons\n")


# --- fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"=?ISO-8859-1?Q?G=F6ran?= =?utf-8?b?5o6i5rWL?=", "Göran探测"),
        (b"=?UTF-8?Q?Luc=eda_C?=", "Lucía C"),
        (b"=?gb2312?B?" + base64.b64encode("束流位置".encode("gbk")) + b"?=", "束流位置"),
        ("束流位置".encode("gbk"), "束流位置"),
        ("束流".encode(), "束流"),
        ("Göran".encode("latin-1"), "Göran"),
        (b"=?nonsense?Q?a?= =?utf-8?B?%%%?=", "a"),
        (b"a\n\tfolded  one", "a folded one"),
    ],
)
def test_subjects_of_every_encoding(read: Read, raw: bytes, shown: str) -> None:
    (document,) = read(b"From: a@b.c\nTo: b@b.c\nSubject: " + raw + b"\n\ntext\n")
    assert document.title == shown


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Mar 2024 99:00:00", "Thu, 01 Jan 1901 00:00:00 +0000"])
def test_a_date_that_is_none(read: Read, date: str) -> None:
    (document,) = read(f"From: a@b.c\nSubject: s\nDate: {date}\n\ntext\n")
    assert "date" not in document.metadata
    (document,) = read(f"Received: from x by y; Mon, 4 Mar 2024 01:12:00 GMT\nFrom: a@b.c\nDate: {date}\n\ntext\n")
    assert document.metadata["date"] == "2024-03-04T01:12:00+00:00"
    assert document.title == "(no subject)"


# --- bodies --------------------------------------------------------------------------------------------------------


def part(kind: str, body: bytes | str, fields: str = "") -> bytes:
    data = body.encode() if isinstance(body, str) else body
    return f"Content-Type: {kind}\n{fields}\n".encode() + data + b"\n"


def multipart(kind: str, *parts: bytes) -> bytes:
    body = b"".join(b"--XX\n" + each for each in parts) + b"--XX--\n"
    return HEAD.encode() + f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="XX"\n\n'.encode() + body


@pytest.mark.parametrize(("charset", "codec"), [("gb2312", "gbk"), ("GBK", "gbk"), ("big5", "big5"), ("iso-2022-cn", "utf-8"), ("", "gbk")])
@pytest.mark.parametrize("coding", ["8bit", "base64", "quoted-printable"])
def test_chinese_bodies(read: Read, charset: str, codec: str, coding: str) -> None:
    text = "數據在磁盤上,我們的實驗是有效的。" if codec == "big5" else "数据在磁盘上，我们的实验是有效的。"
    data = text.encode(codec)
    data = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(coding, bytes)(data)
    kind = "text/plain" + (f"; charset={charset}" if charset else "")
    (document,) = read(HEAD.encode() + part(kind, data, f"Content-Transfer-Encoding: {coding}\n"))
    assert texts(document) == [text]


def test_japanese_escapes_are_no_ascii(read: Read) -> None:
    (document,) = read(HEAD.encode() + part("text/plain; charset=ISO-2022-JP", "検出器".encode("iso2022_jp")))
    assert texts(document) == ["検出器"]


def test_flowed_text_is_joined(read: Read) -> None:
    body = "A line that \ngoes on.\n\n> quoted and quoted \n> on.\n\n from here\n-- \nsig"
    (document,) = read(HEAD.encode() + part("text/plain; format=flowed", body))
    assert texts(document) == ["A line that goes on.", "from here"]
    assert texts(document, BlockKind.QUOTE) == ["quoted and quoted on."]


def test_quotations_are_kept_apart_and_folded(read: Read) -> None:
    quoted = "\n".join(f"> line {n} of what was said before, which is long enough" for n in range(40))
    body = f"Yes, I agree.\n\nOn Mon, 4 Mar 2024 at 10:00, Bo Wu\n<bo@b.c> wrote:\n\n> > older\n{quoted}\n\nBut not here.\n"
    (document,) = read(HEAD + "\n" + body)
    assert texts(document) == ["Yes, I agree.", "But not here."]
    (quote,) = texts(document, BlockKind.QUOTE)
    assert quote.startswith("On Mon, 4 Mar 2024 at 10:00, Bo Wu <bo@b.c> wrote:\nline 0 of")
    assert quote.endswith("…")
    assert len(quote) < 500
    assert "older" not in quote


@pytest.mark.parametrize(
    "start",
    [
        "-----Original Message-----\nFrom: Bo",
        "From: Bo Wu\nSent: Monday\nTo: Ann",
        "------------------ 原始邮件 ------------------\n发件人: 吴",
        "发件人：吴\n发送时间：星期一",
    ],
)
def test_a_mail_pasted_below_is_a_quotation(read: Read, start: str) -> None:
    (document,) = read(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\nMine.\n\n{start}\n\n{'Theirs. ' * 100}\n")
    assert texts(document) == ["Mine."]
    (quote,) = texts(document, BlockKind.QUOTE)
    assert quote.endswith("…")


def test_signatures_footers_and_scrubbed_parts_are_left_out(read: Read) -> None:
    body = (
        "Text.\n\nCheers,\nAnn\n-- \nAnn Lee\nInstitute\n\n"
        "-------------- next part --------------\nA non-text attachment was scrubbed...\nName: plot.pdf\nType: application/pdf\n"
        "URL: <http://x/plot.pdf>\n\n-------------- next part --------------\nText of an attachment.\n"
        "_______________________________________________\nSoft mailing list\nSoft at b.c\n"
    )
    (document,) = read(HEAD + "\n" + body)
    assert texts(document) == ["Text.", "Cheers,\nAnn", "Text of an attachment."]
    assert document.metadata["attachments"] == ["plot.pdf"]
    assert document.blocks[0].text.endswith("Attachments: plot.pdf")


def test_what_is_below_two_dashes_may_be_long_and_then_is_text(read: Read) -> None:
    (document,) = read(HEAD + "\n--\n" + "\n".join(f"row {n}" for n in range(30)))
    assert "row 29" in texts(document)[0]


def test_signed_mail_shows_its_text(read: Read) -> None:
    body = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nThe text.\n-----BEGIN PGP SIGNATURE-----\n\niEYE\n-----END PGP SIGNATURE-----\n"
    )
    (document,) = read(HEAD + "\n" + body)
    assert texts(document) == ["The text."]


def test_wrapped_lines_are_joined_and_broken_ones_kept(read: Read) -> None:
    wrapped = "The calibration of the drift chamber was redone with the runs of last\nweek and it is in the database now,\nplease use it."
    chinese = "束流在周一重新开始运行以后漂移室的刻度已经重新做过请大家使用周一的标签重新处理所有的\n数据。"
    listed = "- one\n- two"
    code = "$ boss.exe job.txt\n$ ls"
    body = f"{wrapped}\n\nMonday\nTuesday\n\n{chinese}\n\n{listed}\n\n{code}"
    (document,) = read(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\n{body}")
    assert texts(document) == [
        "The calibration of the drift chamber was redone with the runs of last week and it is in the database now,\nplease use it.",
        "Monday\nTuesday",
        chinese.replace("\n", ""),
    ]
    assert texts(document, BlockKind.LIST) == [listed]
    assert texts(document, BlockKind.CODE) == [code]


def test_of_two_versions_the_plain_one_is_read(read: Read) -> None:
    plain = part("text/plain", "The plain text says the same thing in words.")
    (document,) = read(multipart("alternative", plain, part("text/html", "<p>The HTML</p>")))
    assert texts(document) == ["The plain text says the same thing in words."]
    (document,) = read(multipart("alternative", part("text/plain", "See HTML."), part("text/html", "<p>The <b>HTML</b></p>")))
    assert "The HTML" in texts(document)


def test_html_alone_is_read_and_its_quotation_folded(read: Read) -> None:
    page = f"<html><style>p {{}}</style><p>Hello &amp; welcome</p><blockquote><p>{'old ' * 200}</p><p>more</p></blockquote></html>"
    (document,) = read(HEAD.encode() + part("text/html; charset=utf-8", page))
    assert texts(document) == ["Hello & welcome"]
    (quote,) = texts(document, BlockKind.QUOTE)
    assert len(quote) < 450


def test_attachments_are_named_and_texts_read(read: Read) -> None:
    pdf = part(
        "application/pdf",
        base64.b64encode(b"%PDF"),
        "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename*=utf-8''%E5%9B%BE.pdf\n",
    )
    log = part("text/plain", "step 1\nstep 2", 'Content-Disposition: attachment; filename="job.log"\n')
    mail = part("message/rfc822", "From: Bo <bo@b.c>\nSubject: Inner\n\nInner text.")
    (document,) = read(multipart("mixed", part("text/plain", "Outer text."), pdf, log, mail, part("application/pgp-signature", "x")))
    assert document.metadata["attachments"] == ["图.pdf", "job.log"]
    assert texts(document, BlockKind.CODE) == ["step 1\nstep 2"]
    assert texts(document) == ["Outer text.", "Attachment job.log:", "Forwarded message\nSubject: Inner\nFrom: Bo <bo@b.c>", "Inner text."]


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a\nSubject: s\nContent-Type: text/plain; charset=no-such\n\ntext",
        b"From: a\nSubject: s\nContent-Type: text/plain; charset*=x'y\n\ntext",
        b"From: a\nSubject: s\nContent-Type: multipart/mixed; boundary=never\n\ntext",
        b"From: a\nSubject: s\nContent-Type: ;;;\nContent-Transfer-Encoding: odd\n\ntext",
        b"From: a\nSubject: s\nContent-Transfer-Encoding: base64\n\ntext",
        b"From: a\nno field\nSubject: s\n\ntext",
        b"From: a\nSubject: s\nContent-Disposition: attachment; filename*0*=x; filename*0=\n\ntext",
        b"From: " + b"(" * 3000 + b"\nSubject: s\n\ntext",
        b"Subject: \xff\xfe\nFrom: <<>>\nTo: ,,;;\nMessage-ID: <>\n\ntext\x00",
        b"From: a\nSubject: s\n" + b"Content-Type: message/rfc822\n\n" * 200 + b"text",
    ],
)
def test_broken_messages_are_still_messages(read: Read, raw: bytes) -> None:
    documents = read(b"From a@b.c Mon Mar  4 09:12:00 2024\n" + raw + b"\n\n" + HEAD.encode() + b"\nthe next\n")
    assert len(documents) == 2
    assert texts(documents[1]) == ["the next"]


def test_the_real_mailboxes_are_read_whole() -> None:
    folder = corpora("mail")
    counts = {}
    for path in sorted(folder.rglob("*.mbox")):
        file = SourceFile(path.as_uri(), path.name, path)
        parser = parser_for(file)
        assert isinstance(parser, MailboxParser)
        documents = list(parser.parse(file))
        counts[path.name] = len(documents)
        for document in documents:
            assert document.title
            assert document.metadata["author"]
            assert len(document.blocks) > 1
            assert not {">From", "next part"} & {block.text for block in document.blocks}
    assert counts["pipermail_2015_november.mbox"] == 4
    assert counts["mbox_no_fields.mbox"] == 6


def test_a_real_thread_is_one(read: Read) -> None:
    documents = read(corpora("mail", "chaoss_grimoirelab-perceval", "tests", "data", "pipermail", "pipermail_2016_april.mbox").read_bytes())
    assert len({document.metadata["thread"] for document in documents}) == 1
    assert all("Presenting GrimoireLab" in document.blocks[0].text for document in documents)
