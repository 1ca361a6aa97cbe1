"""Answers, hits and corrections as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.cli.output import Output
    from api.lifecycle import ForecastReply, ProposalReply
    from api.replies import AnswerReply, CorrectionReply, RouteReply, SearchReply, SourceReply

SNIPPET = 240
"""Characters of a passage in a list of hits."""


_DECIDED = {"default": "route_default", "taught": "route_taught", "settled": "route_settled"}


def route(out: Output, one: RouteReply) -> None:
    """A route, how sure the model was, and what decided where it was not the model."""
    said = _DECIDED.get(one["by"])
    why = "" if said is None else f"  {out.said(said, guess=one.get('guess', ''))}"
    out.print(f"{one['label']} ({one['confidence']:.2f}){why}")


def after_answer(out: Output, answer: AnswerReply) -> None:
    """What stands below an answer's words: who corrected it, its sources, remarks."""
    fired = answer["correction"]
    if fired is not None:
        out.print(out.said("fired", correction=fired["id"]))  # by whom and when, the words have said
    if not answer["grounded"] and answer["sources"]:
        out.print(out.said("not_grounded"))
    if answer["sources"]:
        out.print(f"\n{out.said('sources')}")
        for one in answer["sources"]:
            _source(out, one)
    for text in answer["notices"]:
        out.tell("notice", text=text)
    if "read_as" in answer:
        out.tell("read_as", text=answer["read_as"])
    if answer["route"]["by"] in ("default", "taught"):
        said = _DECIDED[answer["route"]["by"]]
        out.tell("answer_route", label=answer["route"]["label"], why=out.said(said, guess=answer["route"].get("guess", "")))
    out.tell("answer_id", answer=answer["id"])
    for weighed in answer.get("candidates", ()):
        out.print(f"  {weighed['correction']}  same {weighed['same']:.3f}  dependent {weighed['dependent']:.3f}  {weighed['strength']}")


def _source(out: Output, one: SourceReply) -> None:
    where = ", ".join(part for part in (one["document"], one["location"]) if part)
    out.print(f"[{one['number']}] {one['title']}" + (f" ({where})" if where else ""))
    for line in one["quote"].splitlines():
        out.print(f"    {line}")
    if "superseded_by" in one:
        out.print(f"    ({out.said('superseded', correction=one['superseded_by'])})")


def hits(out: Output, found: SearchReply) -> None:
    if not found["hits"]:
        out.tell("no_hits")
    for number, hit in enumerate(found["hits"], 1):
        where = ", ".join(part for part in (hit["document"], hit.get("location"), hit.get("correction")) if part)
        out.print(f"{number:3}. {hit.get('title', '')} ({where})" + (f"  {hit['kind']}" if hit["kind"] != "passage" else ""))
        text = " ".join(hit.get("text", "").split())
        out.print(f"     {text[:SNIPPET]}{'…' if len(text) > SNIPPET else ''}")
        if "superseded_by" in hit:
            out.print(f"     ({out.said('superseded', correction=hit['superseded_by'])})")
    for text in found["notices"]:
        out.tell("notice", text=text)


def forecast(out: Output, one: ForecastReply) -> None:
    """What a dry run found."""
    out.print(out.said("rehearsed", status=one["status"]))
    for clash in one["conflicts"]:
        told = {name: clash.get(name, "") for name in ("question", "answer", "author", "status")}
        out.print(out.said("conflicts_with", correction=clash["correction"], **told))
    sentences(out, one["supersedes"])
    changes = one["changes"]
    if changes["count"]:
        out.print(out.said("would_change", count=changes["count"], looked_at=changes["looked_at"]))
    for changed in changes["answers"]:
        out.print(out.said("question_changed", question=changed["question"], strength=changed["strength"]))


def sentences(out: Output, found: Sequence[ProposalReply]) -> None:
    """Numbered, to be ticked."""
    if found:
        out.print(out.said("these_carry"))
    for number, one in enumerate(found, 1):
        out.print(out.said("carries_error", number=number, document=one["document"], quote=" ".join(one["quote"].split())))


def correction(out: Output, one: CorrectionReply) -> None:
    """A correction with all that was said in it."""
    out.print(f"{one['id']}  {one['status']}  {out.said('confirmed_by', author=one['author'], date=one['at'][:10])}")
    told = {"Q": one["question"], "A": one["answer"], "subject": one["subject"], "statement": one["statement"]}
    told |= {"paraphrases": "; ".join(one["paraphrases"]), "groups": ", ".join(one["groups"])}
    told |= {"from": one["valid_from"], "to": one["valid_to"], "release": one["release"], "runs": one["runs"]}
    for name, text in told.items():
        if text:
            out.print(f"  {name}: {text}")
