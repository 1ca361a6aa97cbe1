"""An answer as it stands, made a correction: an expert vouches for it, and whatever comes, it stays the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from feedback.teaching import Teaching
from jitl.errors import BadInput, Conflict

if TYPE_CHECKING:
    from jitl.sql.answers import KeptAnswer

_CITED: Final = re.compile(r"\[(\d+)\]")
_MARK: Final = re.compile(r"\s*\[\d+\]")


def confirmation(kept: KeptAnswer) -> Teaching:
    """The answer's own words, without the numbers of its sources, its notices and what was merely proposed beside it.

    Raises `Conflict` where a correction gave the answer already, `BadInput` where nothing was found that could be confirmed.
    """
    content = kept.content
    if content.get("correction") is not None:
        raise Conflict("A correction gave this answer already.", hint=f"Review that one: {content['correction']['id']}.")
    if not content.get("grounded"):
        raise BadInput("The collections held no answer to this question.", hint="Teach the answer instead.")
    taught = {source["number"] for source in content["sources"] if source["kind"] == "correction"}
    said = []
    for paragraph in content["answer"].split("\n\n"):
        cited = {int(number) for number in _CITED.findall(paragraph)}
        if paragraph not in content["notices"] and not (cited and cited <= taught):
            said.append(_MARK.sub("", paragraph))
    text = "\n\n".join(said).strip()
    if not text:
        raise BadInput("This answer says nothing of its own.", hint="Teach the answer instead.")
    return Teaching(kept.question, text, confirmed=True)
