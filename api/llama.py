"""A llama-index retriever over the client: `retriever(Client("https://...", key="jitl_..."), collections=["bes3"])`.

llama-index is imported when a retriever is made, not before: it takes seconds.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Unpack

from anyio import to_thread

if TYPE_CHECKING:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle

    from api import replies
    from api.client import Client, Scope


def retriever(client: Client, *, k: int = 10, **scope: Unpack[Scope]) -> BaseRetriever:
    """What a search finds, best first, as nodes: the passage or the corrected answer, with where it is from as metadata.

    Safe to use from several threads, as the client is. Raises the client's errors.
    """
    made: BaseRetriever = _kind()(client, k, scope)
    return made


@cache
def _kind() -> type[Any]:
    from llama_index.core.retrievers import BaseRetriever

    class JitlRetriever(BaseRetriever):
        def __init__(self, client: Client, k: int, scope: Scope) -> None:
            self._client = client
            self._k = k
            self._scope = scope
            super().__init__()

        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            found = self._client.search(query_bundle.query_str, self._k, **self._scope)
            return [_node(hit) for hit in found["hits"]]

        async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return await to_thread.run_sync(self._retrieve, query_bundle)

    return JitlRetriever


def _node(hit: replies.HitReply) -> NodeWithScore:
    """Its id is the passage's, or the correction's where it leads to none; of the metadata only title and location are for a model."""
    from llama_index.core.schema import NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode

    metadata = {name: value for name, value in hit.items() if name not in ("text", "score") and value is not None}
    unread = [name for name in metadata if name not in ("title", "location")]
    node = TextNode(
        id_=hit["chunk"] or hit["correction"],
        text=hit["text"],
        metadata=metadata,
        excluded_llm_metadata_keys=unread,
        excluded_embed_metadata_keys=list(metadata),
    )
    if document := hit.get("document_id"):
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=document)
    return NodeWithScore(node=node, score=hit["score"])
