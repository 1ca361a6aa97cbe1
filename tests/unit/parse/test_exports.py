"""Exports of Jira, Mattermost and Indico as these systems write them."""

from __future__ import annotations

import json

import pytest

from ingest.parse.registry import parser_for
from jitl.errors import Unreadable
from jitl.types import BlockKind

JIRA_XML = """<rss version="0.92"><channel><title>Tracker</title><item>
<title>[RECO-17] Fit fails for short tracks</title><link>https://tracker.example.org/browse/RECO-17</link>
<project id="1" key="RECO">Reconstruction</project>
<description>&lt;p&gt;The fit fails below &lt;b&gt;50 MeV&lt;/b&gt;.&lt;/p&gt;&lt;pre&gt;Error: 17&lt;/pre&gt;</description>
<key id="101">RECO-17</key><summary>Fit fails for short tracks</summary><type id="1">Bug</type><status id="5">Resolved</status>
<resolution>Fixed</resolution><reporter username="ada">Ada Example</reporter><assignee username="bob">Bob Sample</assignee>
<labels><label>tracking</label></labels><created>Mon, 5 Feb 2029 10:00:00 +0100</created><updated>Tue, 6 Feb 2029 11:00:00 +0100</updated>
<fixVersion>7.1.3</fixVersion><component>MdcFit</component>
<comments><comment id="1" author="bob" created="Tue, 6 Feb 2029 10:30:00 +0100">
&lt;p&gt;Fixed by a larger seed.&lt;/p&gt;</comment></comments>
</item></channel></rss>"""
ADF = {
    "type": "doc",
    "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Steps"}]},
        {
            "type": "bulletList",
            "content": [{"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "run it"}]}]}],
        },
        {"type": "codeBlock", "content": [{"type": "text", "text": "boss.exe job.txt"}]},
    ],
}
COMMENT = {"author": {"displayName": "Bob"}, "created": "2029-02-06T10:30:00.000+0100", "body": "Done."}
WIKI = "h2. Where\n\nSee [the page|https://x.example.org] and {{code}}."
JIRA_JSON = {
    "issues": [
        {"key": "RECO-18", "fields": {"summary": "Crash at start", "description": ADF, "reporter": {"displayName": "Ada Example"}}},
        {"key": "RECO-19", "fields": {"summary": "Docs", "description": WIKI, "comment": {"comments": [COMMENT]}}},
    ]
}
JIRA_CSV = (
    "Summary,Issue key,Issue id,Issue Type,Status,Reporter,Description,Comment,Comment\n"
    'Slow job,RECO-20,103,Bug,Open,ada,"It is *slow*.\n\n{code}\ntime job\n{code}",'
    "06/Feb/29 10:30 AM;bob;Use -O2.,07/Feb/29 9:00 AM;ada;Thanks\n"
)


def test_jira_xml_is_an_issue_a_document(read) -> None:
    document = read("search.xml", JIRA_XML)
    assert (document.title, document.member, document.kind) == ("RECO-17 Fit fails for short tracks", "RECO-17", "issue")
    texts = [block.text for block in document.blocks]
    assert "The fit fails below 50 MeV." in texts
    assert "Fixed by a larger seed." in texts
    assert {"status": "Resolved", "versions": ["7.1.3"], "people": ["Ada Example", "bob"]}.items() <= document.metadata.items()
    assert document.metadata["date"] == "2029-02-06T11:00:00+01:00"


def test_jira_json_reads_both_ways_of_writing(source) -> None:
    file = source("search.json", json.dumps(JIRA_JSON))
    first, second = parser_for(file).parse(file)
    assert [block.kind for block in first.blocks[1:]] == [BlockKind.HEADING, BlockKind.LIST, BlockKind.CODE]
    assert "See the page (https://x.example.org) and code." in [block.text for block in second.blocks]
    assert second.blocks[-1].text == "Done."
    assert second.blocks[-1].section[-1] == "Comment by Bob, 2029-02-06"


def test_jira_csv_has_a_column_for_each_comment(read) -> None:
    document = read("issues.csv", JIRA_CSV)
    texts = [block.text for block in document.blocks]
    assert {"It is slow.", "Use -O2.", "Thanks"} <= set(texts)
    assert "time job" in [block.text.strip() for block in document.blocks if block.kind is BlockKind.CODE]
    assert document.metadata["people"] == ["ada", "bob"]


def lines(*objects: dict) -> str:
    return "\n".join(json.dumps(one) for one in objects)


def post(user: str, message: str, at: int, **more: object) -> dict:
    return {"type": "post", "post": {"team": "boss", "channel": "software", "user": user, "message": message, "create_at": at, **more}}


NOON = 1_865_000_000_000  # 2029-02-05, in milliseconds


def test_mattermost_threads_and_days(source) -> None:
    private = {
        "type": "direct_post",
        "direct_post": {"channel_members": ["ada", "bob"], "user": "ada", "message": "psst", "create_at": NOON},
    }
    reply = {"user": "bob", "message": "Run cmt make again.", "create_at": NOON + 60_000}
    text = lines(
        {"type": "version", "version": 1},
        {"type": "channel", "channel": {"name": "software"}},
        post("ada", "How do I rebuild after the upgrade?", NOON, replies=[reply]),
        post("eve", "The farm is back.", NOON + 120_000),
        post("ada", "Thanks.", NOON + 180_000),
        private,
    )
    file = source("export.jsonl", text)
    documents = {document.title: document for document in parser_for(file).parse(file)}
    assert set(documents) == {"software: How do I rebuild after the upgrade?", "software, 2029-02-05"}
    thread = documents["software: How do I rebuild after the upgrade?"]
    assert [block.text for block in thread.blocks[1:]] == ["ada: How do I rebuild after the upgrade?", "bob: Run cmt make again."]
    assert (thread.metadata["channel"], thread.metadata["people"], thread.kind) == ("boss/software", ["ada", "bob"], "chat")
    assert "psst" not in str(documents), "direct messages stay out"


def test_mattermost_csv(source) -> None:
    text = (
        "Post Creation Time,Team Name,Channel Name,Channel Type,Username,Post Id,Post Root Id,Post Message\n"
        f"{NOON},boss,software,O,ada,p1,,Where are the logs?\n"
        f"{NOON + 1},boss,software,O,bob,p2,p1,Under work/logs.\n{NOON},boss,ada__bob,D,ada,p3,,psst\n"
    )
    file = source("export.csv", text)
    (thread,) = parser_for(file).parse(file)
    assert [block.text for block in thread.blocks[1:]] == ["ada: Where are the logs?", "bob: Under work/logs."]
    empty = source("direct.csv", text.splitlines()[0] + "\n" + text.splitlines()[3])
    with pytest.raises(Unreadable, match="direct messages"):
        list(parser_for(empty).parse(empty))


INDICO = {
    "count": 1,
    "results": [
        {
            "_type": "Conference",
            "id": "4711",
            "title": "Collaboration meeting",
            "startDate": {"date": "2029-02-05", "time": "09:00:00", "tz": "Asia/Shanghai"},
            "endDate": {"date": "2029-02-07", "time": "18:00:00", "tz": "Asia/Shanghai"},
            "location": "IHEP",
            "room": "A1",
            "url": "https://indico.example.org/event/4711/",
            "chairs": [{"first_name": "Ada", "last_name": "Example", "affiliation": "IHEP"}],
            "description": "<p>All groups report.</p>",
            "contributions": [
                {
                    "_type": "Contribution",
                    "id": "2",
                    "title": "Trigger",
                    "startDate": {"date": "2029-02-05", "time": "11:00:00"},
                    "speakers": [],
                },
                {
                    "_type": "Contribution",
                    "id": "1",
                    "title": "Tracking status",
                    "description": "Alignment and fits.",
                    "startDate": {"date": "2029-02-05", "time": "10:00:00"},
                    "speakers": [{"fullName": "Sample, Bob", "affiliation": "USTC"}],
                    "folders": [{"title": None, "attachments": [{"filename": "tracking.pptx", "download_url": "https://x"}]}],
                },
            ],
        }
    ],
}


def test_indico_is_an_event_with_its_timetable(read) -> None:
    document = read("event.json", json.dumps(INDICO))
    texts = [block.text for block in document.blocks]
    assert texts[0] == "Event: Collaboration meeting\nDate: 2029-02-05 to 2029-02-07\nPlace: A1, IHEP\nChairs: Ada Example (IHEP)"
    assert [block.text for block in document.blocks if block.kind is BlockKind.HEADING] == ["Tracking status", "Trigger"], "by time"
    assert "Speaker: Sample, Bob (USTC)\nTime: 2029-02-05 10:00\nSlides: tracking.pptx" in texts
    assert (document.metadata["date"], document.metadata["event_id"]) == ("2029-02-05T09:00:00", "4711")


def test_other_json_stays_what_it_was(read) -> None:
    assert read("package.json", '{"name": "x", "results": 1}').kind == "code"
