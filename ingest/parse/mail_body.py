"""The text of a mail as blocks: what its author wrote, what is quoted (folded), without signatures and what lists append."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.parse.outline import unwrap
from jitl.types import Block, BlockKind

QUOTED_CHARACTERS = 400  # of a quotation; the mail that it comes from has the rest
SHORTEST_QUOTATION = 12
SIGNATURE_LINES = 12
WRAPPED_COLUMNS = 50  # mail programs wrap at 65 to 78; shorter lines were broken by hand

_QUOTE = re.compile(r" ?(?:[A-Z]{1,3})?>")
_DEEPER = re.compile(r"(?: ?(?:[A-Z]{1,3})?>){2}")
_ATTRIBUTION = re.compile(
    r"(?is)(?:\b(?:wrote|writes|said|schrieb|a écrit|ha scritto|escribió|écrit|написал)\b|写道|寫道|说道)[^\n]{0,80}[:：]?\s*$"
    r"|^\d{4}[-/年]\d\d?[-/月]\d\d?.{0,200}[>)][:：]\s*$"
)
_DATED = re.compile(r"(?i)^(?:on|am|le|il|el|at|in|在|yesterday|quoting)\b.*\d|^\d{4}[-/年]|^.{1,80}(?:写道|寫道)")
_NAMED = re.compile(r"(?i)^(?!<).{1,80}\b(?:wrote|writes|said|schrieb|écrit)\b")
_ORIGINAL = re.compile(
    r"(?i)^[-_\s]*(?:original message|original-nachricht|ursprüngliche nachricht|message d'origine|原始邮件|邮件原件|原邮件)[-_\s:：]*$"
)
_OUTLOOK = re.compile(r"(?i)^\*?(?:from|von|de|发件人|寄件者)\*?\s*[:：].+$")
_OUTLOOK_NEXT = re.compile(r"(?i)^\*?(?:sent|date|to|cc|gesendet|an|envoyé|发送时间|日期|收件人|抄送)\*?\s*[:：]")
_SCRUBBED = re.compile(r"^-{5,} next part -{5,}$")
_SCRUBBED_FIELD = re.compile(
    r"^(?:A[n]? [\w -]{0,40}(?:attachment|message|text) was scrubbed|(?:Name|Type|Size|Desc|URL|Url|From|Subject|Date) ?:)"
)
_LIST_FOOTER = re.compile(r"^_{20,}$")
_PGP_NOISE = re.compile(
    r"-----BEGIN PGP SIGNATURE-----.*?(?:-----END PGP SIGNATURE-----|\Z)"
    r"|-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:[^\n]*\n)*",
    re.DOTALL,
)
_UUENCODED = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})\n(?:[ -`]{1,80}\n)+?(?:`|end)[^\n]*$(?:\nend$)?", re.MULTILINE)
_ITEM = re.compile(r"\s{0,8}(?:[-*+•o]|\(?\d{1,2}[.)]|\[\d{1,3}\])\s+\S")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]")
_PROMPT = re.compile(r"\s*(?:\$ |% |>>> |[\w.]+@[\w.-]+[:~].*[$#] )")
_CODE = re.compile(
    r"(?m)^\s*(?:\$ |% |# |>>> |[\w.]+@[\w.-]+[:~].*[$#] )|[{};]\s*$|^\s*(?:#include|def |class |import |for ?\(|if ?\()|\S+\(.*\)"
)


def unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: lines that end in a space go on in the next line of the same quotation depth."""
    lines: list[str] = []
    depth_before, open_before = 0, False
    for raw in text.split("\n"):
        body = raw.lstrip(">")
        depth = len(raw) - len(body)
        body = body.removeprefix(" ")
        if open_before and depth == depth_before and body != "-- ":
            lines[-1] += body
        else:
            lines.append((">" * depth + " " if depth else "") + body)
        open_before, depth_before = body.endswith(" ") and body != "-- ", depth
        if open_before and delete_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def read_text(text: str, message: str | None) -> tuple[list[Block], list[str]]:
    """Blocks, and the names of attachments that the archive or the sender put into the text."""
    names = _UUENCODED.findall(text)
    lines = _UUENCODED.sub("", _PGP_NOISE.sub("", text)).split("\n")
    lines, scrubbed = _without_appendices(lines)
    blocks: list[Block] = []
    for quoted, run in _runs(lines):
        blocks += [_quotation(run, message)] if quoted else list(_written(run, message))
    return [block for block in blocks if block.text], names + scrubbed


def fold(text: str) -> str:
    """A quotation's beginning, cut between words."""
    text = text.strip()
    if len(text) <= QUOTED_CHARACTERS:
        return text
    cut = text[:QUOTED_CHARACTERS]
    return (cut.rpartition(" ")[0] or cut).rstrip() + " …"


def starts_original(lines: Sequence[str], at: int) -> bool:
    """Whether an earlier mail is pasted whole from this line on, as Outlook and many web mailers do."""
    line = lines[at].strip()
    if _ORIGINAL.match(line):
        return True
    return bool(_OUTLOOK.match(line)) and any(_OUTLOOK_NEXT.match(later.strip()) for later in lines[at + 1 : at + 3])


def _without_appendices(lines: list[str]) -> tuple[list[str], list[str]]:
    """Signature, list footer and scrubbed attachments taken out, the names of the last told."""
    kept: list[str] = []
    names: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].rstrip()
        if _SCRUBBED.match(line):
            at = _skip_scrubbed(lines, at + 1, names)
        elif line == "--" and (end := _signature_end(lines, at)):
            at = end
        elif _LIST_FOOTER.match(line) and at + 1 < len(lines) and "mailing list" in lines[at + 1].lower():
            at = _until_blank(lines, at)
        else:
            kept.append(lines[at])
            at += 1
    return kept, names


def _skip_scrubbed(lines: list[str], at: int, names: list[str]) -> int:
    while at < len(lines) and (match := _SCRUBBED_FIELD.match(lines[at])):
        if match[0].startswith("Name"):
            names.append(lines[at].partition(":")[2].strip())
        at += 1
    return at


def _signature_end(lines: list[str], at: int) -> int:
    """The line after a signature that starts here; 0 where it would be too long to be one."""
    end = at + 1
    while end < len(lines) and not (
        _QUOTE.match(lines[end]) or _SCRUBBED.match(lines[end].rstrip()) or _LIST_FOOTER.match(lines[end].rstrip())
    ):
        end += 1
    return end if end - at - 1 <= SIGNATURE_LINES + lines[at:end].count("") else 0


def _until_blank(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _runs(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Alternating runs of written and quoted lines; an attribution goes with its quotation."""
    written: list[str] = []
    at = 0
    while at < len(lines):
        if starts_original(lines, at):
            yield False, written
            yield True, lines[at:]
            return
        if not _QUOTE.match(lines[at]):
            written.append(lines[at])
            at += 1
            continue
        end = at
        while end < len(lines) and (_QUOTE.match(lines[end]) or _gap(lines, end)):
            end += 1
        attribution = _take_attribution(written)
        yield False, written
        yield True, attribution + lines[at:end]
        written, at = [], end
    yield False, written


def _gap(lines: list[str], at: int) -> bool:
    """A blank line amid quoted ones, or the rest of a quoted line that a mailer wrapped."""
    if at + 1 >= len(lines) or not _QUOTE.match(lines[at + 1]):
        return False
    line = lines[at].strip()
    return not line or (len(line) < 12 and at > 0 and len(lines[at - 1]) > 66)


def _take_attribution(written: list[str]) -> list[str]:
    """Up to three last lines that say who wrote what follows; taken from `written`."""
    end = len(written)
    while end and not written[end - 1].strip():
        end -= 1
    for size, start in ((3, _DATED), (2, _DATED), (1, _DATED), (1, _NAMED), (2, _NAMED)):
        lines = written[max(0, end - size) : end]
        text = " ".join(line.strip() for line in lines)
        if len(lines) == size and all(lines) and start.match(lines[0]) and _ATTRIBUTION.search(text):
            del written[end - size :]
            return [text]
    return []


def _quotation(lines: list[str], message: str | None) -> Block:
    """The first words of a quotation, its author first; what it quotes itself is left out."""
    attribution = [] if not lines or _QUOTE.match(lines[0]) else [lines.pop(0).strip()]
    body: list[str] = []
    for line in lines:
        if _DEEPER.match(line):
            _take_attribution(body)
        else:
            body.append(_unquoted(line))
    body, _ = _without_appendices(body)
    text = fold("\n".join(filter(None, (_joined(run) for run in _paragraphs(body)))))
    return Block("\n".join([*attribution, text]) if len(text) >= SHORTEST_QUOTATION else "", BlockKind.QUOTE, message=message)


def _unquoted(line: str) -> str:
    match = _QUOTE.match(line)
    return line[match.end() :].removeprefix(" ") if match else line


def _written(lines: list[str], message: str | None) -> Iterator[Block]:
    for run in _paragraphs(lines):
        kind = _kind(run)
        if kind is BlockKind.PARAGRAPH:
            yield Block(_joined(run), kind, message=message)
        else:
            text = "\n".join(line.rstrip() for line in run)
            yield Block(text if kind is BlockKind.CODE else text.strip(), kind, message=message)


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            run.append(line)
        elif run:
            yield run
            run = []


def _kind(lines: list[str]) -> BlockKind:
    items = sum(_ITEM.match(line) is not None for line in lines)
    if _ITEM.match(lines[0]) and (items > 1 or len(lines) <= 3) and not _looks_like_code(lines):
        return BlockKind.LIST
    indented = all(line.startswith((" ", "\t")) for line in lines)
    alone = len(lines) == 1 and not indented  # a sentence may end in a bracket
    is_code = _PROMPT.match(lines[0]) is not None if alone else _looks_like_code(lines)
    return BlockKind.CODE if is_code else BlockKind.PARAGRAPH


def _looks_like_code(lines: list[str]) -> bool:
    return 2 * sum(_CODE.search(line) is not None for line in lines) > len(lines)


def _joined(lines: list[str]) -> str:
    """A paragraph without the breaks that only keep lines short: those where the next word would not have fitted."""
    width = max(map(_columns, lines))
    groups = [[lines[0]]]
    for before, line in pairwise(lines):
        first = line.split(maxsplit=1)[0]
        word = 2 if _WIDE.match(first) else len(first)
        if width >= WRAPPED_COLUMNS and _columns(before) + 1 + word > width:
            groups[-1].append(line)
        else:
            groups.append([line])
    return "\n".join(unwrap("\n".join(group)) for group in groups)


def _columns(line: str) -> int:
    line = line.rstrip()
    return len(line) if line.isascii() else len(line) + len(_WIDE.findall(line))
