"""The graph: names, what stands beside them, where a fact comes from, communities, all of it for other tools."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api import access, graph_replies
from api.auth import Caller
from api.container import Container
from api.graph_replies import (
    CommunitiesReply,
    ComputedReply,
    EntitiesReply,
    NeighboursReply,
    PathReply,
    StatementsReply,
    WholeCommunityReply,
)
from api.here import Here
from api.schemas import CommunitiesRequest
from api.streaming import in_thread
from graph import communities
from jitl.principals import Principal

router = APIRouter(prefix="/v1/graph", tags=["graph"])

Collections = Annotated[list[str] | None, Query(max_length=100, description="Names or ids; repeatable; left out: all you may read.")]
Name = Annotated[str, Query(min_length=1, max_length=300, description="In any spelling.", examples=["drift chamber"])]
Most = Annotated[int, Query(ge=1, le=200)]

PIECES: Final = 512  # sent together
_XML: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "GraphML.", "content": {"application/graphml+xml": {"schema": {"type": "string"}}}}
}


@router.get("/entities")
def list_entities(
    here: Here,
    who: Caller,
    q: Annotated[str, Query(max_length=300, description="How the name, or a word of it, begins; left out: the most frequent.")] = "",
    collection: Collections = None,
    limit: Most = 20,
) -> EntitiesReply:
    """Names that documents hold, the most frequent first, and what corrections state of names."""
    found, taught = here.surveying.overlay.entities(q, here.catalogue.readable(who, collection), limit)
    return EntitiesReply(entities=[graph_replies.name(one) for one in found], taught=graph_replies.taught(taught))


@router.get("/neighbours")
def list_neighbours(here: Here, who: Caller, name: Name, collection: Collections = None, limit: Most = 20) -> NeighboursReply:
    """Names that share passages with this one, the most shared first, and what is stated between the two."""
    own, near, taught = here.surveying.overlay.neighbours(name, here.catalogue.readable(who, collection), limit)
    names, beside = [graph_replies.name(one) for one in own], [graph_replies.near(one) for one in near]
    return NeighboursReply(names=names, neighbours=beside, taught=graph_replies.taught(taught))


@router.get("/path")
def show_path(
    here: Here,
    who: Caller,
    first: Name,
    second: Name,
    collection: Collections = None,
    steps: Annotated[int, Query(ge=1, le=6, description="The longest way to look for.")] = 4,
) -> PathReply:
    """A shortest way from one name to another over passages that hold both names of each step, else over what is taught too."""
    found = here.surveying.overlay.path(first, second, here.catalogue.readable(who, collection), steps)
    return PathReply(steps=[graph_replies.step(one, here.surveying.wrong) for one in found])


@router.get("/statements")
def list_statements(here: Here, who: Caller, name: Name, collection: Collections = None, limit: Most = 20) -> StatementsReply:
    """What is stated about a name, and where it comes from: document, location and sentence, or the correction."""
    found, taught = here.surveying.overlay.facts(name, here.catalogue.readable(who, collection), limit)
    shown = [graph_replies.statement(one, here.surveying.wrong) for one in found]
    return StatementsReply(statements=shown, taught=graph_replies.taught(taught))


@router.get("/communities")
def list_communities(
    here: Here,
    who: Caller,
    collection: Collections = None,
    level: Annotated[int, Query(ge=0, le=10, description="0: the top.")] = 0,
    after: Annotated[int, Query(ge=-1, description="The last rank of the page before.")] = -1,
    limit: Most = 20,
) -> CommunitiesReply:
    """What stands together, with a summary in the documents' own sentences; what most passages speak of first."""
    places = here.catalogue.readable(who, collection)
    found, following = here.surveying.shelf.listed(places, level=level, after=after, limit=limit)
    at = here.surveying.shelf.computed(places)
    computed = [ComputedReply(collection=place, at=at.get(place), changed=round(here.surveying.changed(place), 4)) for place in places]
    notice = None if communities.installed() else communities.NOTICE
    shown = [graph_replies.community(one, here.surveying.wrong) for one in found]
    return CommunitiesReply(communities=shown, next=following, computed=computed, notice=notice)


@router.get("/communities/{community}")
def show_community(community: str, here: Here, who: Caller) -> WholeCommunityReply:
    """One community with all its names, and those that it divides into."""
    places = here.catalogue.readable(who, None)
    found = here.surveying.shelf.one(places, community)
    return graph_replies.whole(found, here.surveying.shelf.below([found.collection_id], community), here.surveying.wrong)


@router.post("/communities", status_code=202)
def compute_communities(body: CommunitiesRequest, here: Here, who: Caller) -> dict[str, str]:
    """Compute a collection's communities anew; a job tells how far it is. For experts and admins of the collection."""
    (place,) = access.taught(here.catalogue, who, [body.collection])
    job = here.surveying.submit(here.runner, who.id, place.id)
    here.trail.note(who.id, "communities", job, {"collection": place.id})
    return {"job": job}


@router.get("/export", responses=_XML)
async def export_graph(
    here: Here,
    who: Caller,
    collection: Collections = None,
    least: Annotated[int, Query(ge=1, le=10**6, description="Names in fewer passages are left out.")] = 1,
) -> StreamingResponse:
    """All names and how often they stand together, as GraphML."""
    pieces = await to_thread.run_sync(_begin, here, who, collection, least)
    headers = {"Content-Disposition": 'attachment; filename="graph.graphml"'}
    return StreamingResponse(_sent(pieces), media_type="application/graphml+xml", headers=headers)


def _begin(here: Container, who: Principal, names: list[str] | None, least: int) -> Iterator[str]:
    wanted = frozenset(here.catalogue.readable(who, names))
    return here.surveying.export([place for place in here.catalogue.collections(who) if place.id in wanted], least)


async def _sent(pieces: Iterator[str]) -> AsyncIterator[bytes]:
    while some := await in_thread(lambda: list(islice(pieces, PIECES))):
        yield "".join(some).encode()
