"""What a TWiki or Foswiki page, saved as HTML, says around its topic: web, parent, revision, author."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingest.parse.html_marks import attribute
from ingest.parse.outline import unwrap

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_TITLE = re.compile(r"^(\S{1,200}) < (\S{1,100}) < \S")  # "TopicName < Web < Site"
_VIEW = re.compile(r"/view(?:auth)?(?:\.\w+)?/(?:[\w%.-]+/)*([\w%.-]+)")
_REVISION = re.compile(r"\br(\d{1,5})\b")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6} (\d{4})\b")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def wiki_metadata(tree: LexborHTMLParser, page_title: str) -> dict[str, Any]:
    """topic, web, parent, revision, date, author; empty for a page that is no wiki's."""
    found: dict[str, Any] = {}
    if match := _TITLE.match(page_title):
        found |= {"topic": match[1], "web": match[2]}
    elif tree.css_first("div.patternTopic, div.foswikiTopic, div.twikiTopic") is None:
        return found
    path = tree.css_first(".patternHomePath, .foswikiHomePath, .twikiBreadCrumbs")
    if path is not None:
        found |= _parent(path, found.get("topic", ""))
    info = tree.css_first(".patternInfo, .patternRevInfo, .foswikiRevInfo, .twikiRevInfo, .natRevision")
    if info is not None:
        found |= _revision(info)
    return found


def _parent(path: LexborNode, topic: str) -> dict[str, str]:
    """The last but one of the trail's topics; a web's home page is nobody's parent."""
    trail = [(_topic_of(attribute(a, "href")) or unwrap(a.text())) for a in path.css("a") if "patternRevInfo" not in _classes_above(a)]
    trail = [name for name in trail if name]
    if topic in trail:
        trail = trail[: trail.index(topic)]
    elif not topic and trail:
        trail, topic = trail[:-1], trail[-1]
    parent = trail[-1] if trail else ""
    found = {"topic": topic} if topic else {}
    return found | ({"parent": parent} if parent and parent not in {"WebHome", "Home"} else {})


def _classes_above(node: LexborNode) -> str:
    return attribute(node.parent, "class") if node.parent is not None else ""


def _topic_of(href: str) -> str:
    match = _VIEW.search(href.partition("?")[0])
    return match[1] if match else ""


def _revision(info: LexborNode) -> dict[str, Any]:
    text = unwrap(info.text(separator=" "))
    found: dict[str, Any] = {}
    if match := _REVISION.search(text):
        found["revision"] = match[1]
    if match := _ISO_DATE.search(text):
        found["date"] = match[0]
    elif match := _DAY_FIRST.search(text):
        found["date"] = f"{match[3]}-{_MONTHS.index(match[2]) + 1:02d}-{int(match[1]):02d}"
    people = [unwrap(a.text()) for a in info.css("a") if not re.match(r"[r<>\d]", unwrap(a.text()) or "<")]
    if people:
        found["author"] = people[-1]
    return found
