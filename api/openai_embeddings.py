"""Vectors of texts by this service's own encoder, a few at a time: questions and ingest go on beside them."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from anyio import CapacityLimiter, to_thread

from api.openai_schemas import MOST_INPUTS, EmbeddingsRequest
from jitl.errors import BadInput, MissingPart, TooLarge
from jitl.text import tokens

if TYPE_CHECKING:
    from jitl.ports import Encoder
    from jitl.types import Matrix

AT_ONCE: Final = 16  # texts
_TURN = CapacityLimiter(1)
"""One group of texts at a time, whoever sent them."""


async def embedded(body: EmbeddingsRequest, encoder: Encoder | None, left: Callable[[], Awaitable[bool]]) -> dict[str, Any]:
    """The reply to the body; what is there of it by then, for a client that has left.

    Raises `BadInput` for what cannot be embedded, by its place, and `MissingPart`.
    """
    texts = _texts(body)
    if encoder is None:
        raise MissingPart("The encoder is not installed.", hint="Run `jitl doctor --fix`.")
    if body.dimensions not in (None, encoder.dimension):
        raise BadInput(f"The encoder's vectors have {encoder.dimension} dimensions.", hint="Leave `dimensions` out.")
    _check(texts, encoder)
    data: list[dict[str, Any]] = []
    for start in range(0, len(texts), AT_ONCE):
        if start and await left():
            break
        group = texts[start : start + AT_ONCE]
        vectors = await to_thread.run_sync(encoder.embed, group, limiter=_TURN)
        data += [
            {"object": "embedding", "index": start + at, "embedding": value}
            for at, value in enumerate(_shown(vectors, body.encoding_format))
        ]
    spent = sum(map(tokens, texts))
    return {"object": "list", "data": data, "model": encoder.id, "usage": {"prompt_tokens": spent, "total_tokens": spent}}


def _check(texts: Sequence[str], encoder: Encoder) -> None:
    for at, text in enumerate(texts):
        if not text.strip():
            raise BadInput(f"input[{at}] is empty.")
        if not encoder.covers(text):
            raise BadInput(
                f"input[{at}] is in a language that the encoder does not know: its vector would mean nothing.",
                hint="Search such texts with POST /v1/search, which finds them by their terms.",
            )


def _texts(body: EmbeddingsRequest) -> list[str]:
    if isinstance(body.input, str):
        return [body.input]
    if not body.input:
        raise BadInput("`input` is empty.")
    if len(body.input) > MOST_INPUTS:
        raise TooLarge(f"{len(body.input)} inputs were sent; {MOST_INPUTS} are taken at once.", hint="Send them in smaller batches.")
    texts = [one for one in body.input if isinstance(one, str)]
    if len(texts) < len(body.input):
        raise BadInput(
            "`input` holds token numbers, which mean another tokenizer's words.",
            hint="Send texts (in LangChain: check_embedding_ctx_length=False).",
        )
    return texts


def _shown(vectors: Matrix, form: str | None) -> Sequence[list[float] | str]:
    """Lists of numbers, or base64 of little-endian 32-bit floats."""
    if form == "base64":
        return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
    return [[float(value) for value in vector] for vector in vectors]
