"""Pages of web archives: the mail is read, the page around it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.parse.hypermail import ArchivePageParser
from ingest.parse.registry import parser_for
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

HYPERMAIL = """<!-- received="Mon Mar  4 01:12:05 2024" -->
<!-- sent="Mon, 4 Mar 2024 09:12:00 +0800" -->
<!-- name="Zhao Lin" -->
<!-- email="zhao@example.org" -->
<!-- subject="Re: Muons &amp; more" -->
<!-- id="2@example.org" -->
<!-- inreplyto="1@example.org" -->
<title>bes-software: Re: Muons</title>
<h1>Re: Muons &amp; more</h1><a href="index.html">Contemporary messages sorted</a>
<!-- body="start" -->
<p>The geometry file moved.</p>
<blockquote>it stops with an error</blockquote>
<!-- body="end" -->
<ul><li><b>Next message:</b> somebody</ul>"""

PIPERMAIL = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN">
<HTML><HEAD><TITLE> [Soft] Docker
   </TITLE>
   <LINK REL="made" HREF="mailto:soft%40example.org?Subject=Re%3A&In-Reply-To=%3Cabc%3D7%40example.org%3E">
   <META http-equiv="Content-Type" content="text/html; charset=us-ascii">
</HEAD><BODY BGCOLOR="#ffffff">
   <H1>[Soft] Docker</H1>
    <B>Andy Example</B>
    <A HREF="mailto:soft%40example.org?Subject=Re%3A&In-Reply-To=%3Cabc%3D7%40example.org%3E">andy at example.com
       </A><BR>
    <I>Sat Nov 14 21:29:28 CET 2015</I>
    <P><UL><LI>Previous message: <A HREF="000012.html">old</A></UL><HR>
<!--beginarticle-->
<PRE>Hey, did you hear of it?

On Fri Bo wrote:
&gt;<i> I like x &lt; y.
</I>
--
Andy
</PRE>
<!--endarticle-->
    <HR><P><UL><LI>More information</UL></BODY></HTML>"""

MHONARC = """<!-- MHonArc v2.6.10 -->
<!--X-Subject: Re: Trigger rates -->
<!--X-From-R13: Oevna Jh <oevna ng rknzcyr.bet> -->
<!--X-Date: Mon, 4 Mar 2024 09:12:00 +0800 -->
<!--X-Message-Id: 9@example.org -->
<!--X-Reference: root@example.org -->
<!--X-Reference: 8@example.org -->
<html><body><ul><li>From: Brian</li></ul>
<!--X-Body-of-Message-->
<pre>The rate is 4 kHz.</pre>
<!--X-Body-of-Message-End-->
<p>Follow-Ups</p></body></html>"""


def read(tmp_path: Path, page: str) -> ParsedDocument:
    path = tmp_path / "0007.html"
    path.write_text(page, encoding="utf-8")
    file = SourceFile(path.as_uri(), path.name, path)
    parser = parser_for(file)
    assert isinstance(parser, ArchivePageParser)
    (document,) = parser.parse(file)
    return document


def test_hypermail(tmp_path: Path) -> None:
    document = read(tmp_path, HYPERMAIL)
    assert (document.title, document.kind, document.member) == ("Re: Muons & more", "mail", "")
    assert document.metadata == {
        "author": "Zhao Lin",
        "date": "2024-03-04T09:12:00+08:00",
        "message_id": "2@example.org",
        "in_reply_to": "1@example.org",
        "thread": "1@example.org",
    }
    assert [(block.kind, block.text) for block in document.blocks] == [
        (BlockKind.PARAGRAPH, "Thread: Muons & more\nFrom: Zhao Lin\nDate: 2024-03-04"),
        (BlockKind.PARAGRAPH, "The geometry file moved."),
        (BlockKind.QUOTE, "it stops with an error"),
    ]


def test_pipermail(tmp_path: Path) -> None:
    document = read(tmp_path, PIPERMAIL)
    assert document.title == "[Soft] Docker"
    assert document.metadata == {
        "author": "Andy Example",
        "date": "2015-11-14T21:29:28+00:00",
        "message_id": "abc=7@example.org",
        "thread": "abc=7@example.org",
    }
    assert [block.text for block in document.blocks[1:]] == ["Hey, did you hear of it?", "On Fri Bo wrote:\nI like x < y."]


def test_mhonarc(tmp_path: Path) -> None:
    document = read(tmp_path, MHONARC)
    assert document.metadata["author"] == "Brian Wu"
    assert document.metadata["thread"] == "root@example.org"
    assert document.metadata["date"] == "2024-03-04T09:12:00+08:00"
    assert [block.text for block in document.blocks[1:]] == ["The rate is 4 kHz."]


@pytest.mark.parametrize("cut", [80, 300, 600])
def test_a_page_without_its_message_is_read_as_a_page(tmp_path: Path, cut: int) -> None:
    index = "<!-- MHonArc v2.6.10 --><html><head><title>Archive</title></head><body><p>Thread index of the list</p></body></html>"
    assert "Thread index of the list" in [block.text for block in read(tmp_path, index).blocks]
    assert read(tmp_path, "<!--X-Subject: x -->" + HYPERMAIL[:cut]).title
