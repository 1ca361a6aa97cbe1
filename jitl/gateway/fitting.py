"""A conversation cut to what an endpoint can read: the oldest turns go first, instructions and the last turn stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jitl.gateway.meter import prompt_tokens


def fitted(body: Mapping[str, Any], room: int | None) -> Mapping[str, Any]:
    """The body with as many of its latest turns as `room` tokens hold. A tool's result never stands without the turn that asked for it.

    Tokens are estimated on the safe side: what is left may still be more than the room, where the last turn alone is, and goes out so.
    """
    if room is None or prompt_tokens(body) <= room:
        return body
    messages = list(body.get("messages") or ())
    instructions = [one for one in messages if one.get("role") in ("system", "developer")]
    turns = [one for one in messages if one.get("role") not in ("system", "developer")]
    while len(turns) > 1 and prompt_tokens({**body, "messages": [*instructions, *turns]}) > room:
        turns.pop(0)
        while len(turns) > 1 and turns[0].get("role") == "tool":
            turns.pop(0)
    return {**body, "messages": [*instructions, *turns]}
