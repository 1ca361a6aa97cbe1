"""Mattermost's exports: the bulk export (JSON lines) and the compliance export (CSV). A thread is a document; what stands alone, a day's.

Direct messages are left out: who wrote them wrote them to nobody else.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.parse.decode import read_text
from ingest.parse.outline import Outline
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import Block, ParsedDocument

MOST_SAID = 500
"""Posts of one document."""
_CSV = {  # what the columns of the exports' versions are called
    "channel": ("Channel Name", "ChannelName", "Channel"),
    "team": ("Team Name", "TeamName", "Team"),
    "user": ("Username", "User Name", "UserName", "User"),
    "text": ("Post Message", "PostMessage", "Message"),
    "time": ("Post Creation Time", "PostCreateAt", "Post Time", "Timestamp", "Create At"),
    "id": ("Post Id", "PostId", "Id"),
    "root": ("Post Root Id", "PostRootId", "Reply To Id", "Root Id"),
    "kind": ("Channel Type", "ChannelType"),
}


@dataclass(frozen=True, slots=True)
class Post:
    team: str
    channel: str
    user: str
    text: str
    at: datetime
    replies: Sequence[Post] = ()


class MattermostParser:
    name = "mattermost"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """Documents by channel and time. Raises `Unreadable` where there is no post of a channel."""
        text = read_text(file.path).text
        posts = sorted(_of_lines(text) if text.lstrip().startswith("{") else _of_csv(text), key=lambda post: (post.channel, post.at))
        if not posts:
            raise Unreadable("it holds no post of a channel; direct messages are not read", hint="Export a channel.")
        days: defaultdict[tuple[str, str, str], list[Post]] = defaultdict(list)
        for post in posts:
            if post.replies:
                yield _document([post, *sorted(post.replies, key=lambda reply: reply.at)], f"{post.at:%Y%m%dT%H%M%S}-{post.user}")
            else:
                days[(post.team, post.channel, f"{post.at:%Y-%m-%d}")].append(post)
        for (_, _, day), said in days.items():
            for number in range(0, len(said), MOST_SAID):
                yield _document(said[number : number + MOST_SAID], f"{day}-{number // MOST_SAID + 1}" if number else day)


def _document(posts: Sequence[Post], member: str) -> ParsedDocument:
    first = posts[0]
    place = "/".join(filter(None, (first.team, first.channel)))
    thread = len(posts) > 1 and bool(first.replies)
    opening = " ".join(first.text.split())
    title = f"{first.channel}: {opening[:80]}{'…' if len(opening) > 80 else ''}" if thread else f"{first.channel}, {first.at:%Y-%m-%d}"
    people = list(dict.fromkeys(post.user for post in posts if post.user))
    outline = Outline()
    outline.add(f"Channel: {place}\nDate: {first.at:%Y-%m-%d}")
    blocks = [*outline.blocks, *(Block(f"{post.user}: {post.text.strip()}") for post in posts[: MOST_SAID * 2] if post.text.strip())]
    metadata: dict[str, Any] = {
        "author": ", ".join(people[:20]),
        "people": people[:50],
        "date": posts[-1].at.isoformat(),
        "channel": place,
        "posts": len(posts),
    }
    return ParsedDocument(title, tuple(blocks), "chat", f"{place}/{member}", {key: value for key, value in metadata.items() if value})


def _of_lines(text: str) -> Iterator[Post]:
    for line in text.splitlines():
        try:
            said = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            continue
        post = said.get("post") if isinstance(said, dict) and said.get("type") == "post" else None
        if isinstance(post, dict) and (found := _post(post, str(post.get("team", "")), str(post.get("channel", "")))):
            yield found


def _post(said: Mapping[str, Any], team: str, channel: str, depth: int = 0) -> Post | None:
    at, text = _moment(said.get("create_at")), said.get("message")
    if at is None or not isinstance(text, str):
        return None
    replies = said.get("replies") if depth == 0 else None
    answered = [_post(reply, team, channel, depth + 1) for reply in replies or () if isinstance(reply, dict)]
    return Post(team, channel, str(said.get("user", "")), text, at, tuple(reply for reply in answered if reply is not None))


def _of_csv(text: str) -> Iterator[Post]:
    csv.field_size_limit(2**24)
    try:
        rows = [_row(row) for row in csv.DictReader(io.StringIO(text))]
    except csv.Error as error:
        raise Unreadable(f"its table is broken ({error})", hint="Export it again.") from None
    answers: defaultdict[str, list[Post]] = defaultdict(list)
    heads: list[tuple[str, Post]] = []
    for row in rows:
        at = _moment(row["time"])
        if at is None or row["kind"].lower().startswith(("d", "g")) or not row["text"]:
            continue  # direct and group messages
        post = Post(row["team"], row["channel"], row["user"].lstrip("@"), row["text"], at)
        if row["root"]:
            answers[row["root"]].append(post)
        else:
            heads.append((row["id"], post))
    for id_, post in heads:
        yield Post(post.team, post.channel, post.user, post.text, post.at, tuple(answers.pop(id_, ())) if id_ else ())
    for orphans in answers.values():  # the head of the thread is not in the export
        yield from orphans


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: next((str(row[column]).strip() for column in columns if row.get(column)), "") for name, columns in _CSV.items()}


def _moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, as a number or in digits, or ISO 8601."""
    try:
        if isinstance(value, int | float) or str(value).isdigit():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
