"""Other ways to ask the same question, by rule: only changes of form that surely leave the meaning as it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from jitl import text as texts

_MARK: Final = re.compile(r"[\s?？。.!！]+$")
_ASKS: Final = re.compile(r"(?:what|which|who|whom|whose|where|when|why|how)\b", re.IGNORECASE)
_WHAT_IS: Final = re.compile(r"what(?:'s| is| are| was| were) (?P<thing>(?:the |a |an )?\S.*)", re.IGNORECASE)
_CLAUSE: Final = re.compile(r"[,;:]|\b(?:and|or|if|when|that|which|who|to|for|doing|called|like|happening|going)\b", re.IGNORECASE)
_NOUN_OF: Final = re.compile(r"(?:the )?(?:[\w-]+ ){1,4}of (?:the )?\w.*", re.IGNORECASE)
_VERB: Final = re.compile(
    r"\b(?:is|are|was|were|be|do|does|did|can|could|has|have|had|will|would|should|may|list|show|find|give|tell|explain|describe|compare|write)\b",
    re.IGNORECASE,
)
_POLITE_ZH: Final = re.compile("^(?:请问|请告诉我|我想知道)[，,:：]?\\s*")
_IS_WHAT_ZH: Final = re.compile("(?P<thing>[^，。；,;什么]{2,})(?:是什么|是多少)")
_WHAT_IS_ZH: Final = re.compile("什么是(?P<thing>[^，。；,;]{2,})")


def derived(question: str) -> Mapping[str, str]:
    """Rule -> the question reworded by it; at most four, none of them the question itself. The names of rules are kept, not the texts."""
    asked = " ".join(unicodedata.normalize("NFKC", question).split())
    bare = _MARK.sub("", asked)
    if not bare:
        return {}
    found = _chinese(bare) if texts.language(asked) == "zh" else _english(asked, bare)
    return {rule: wording for rule, wording in found.items() if wording and wording != question}


def _english(asked: str, bare: str) -> dict[str, str]:
    found = {"plain": bare.lower()}  # lower case, without the closing mark
    if _ASKS.match(bare):
        found["polite"] = f"Please tell me: {asked}"
    what = _WHAT_IS.fullmatch(bare)
    if what is not None and not _CLAUSE.search(what["thing"]) and len(what["thing"].split()) > 2:
        found["keywords"] = what["thing"]
    elif _NOUN_OF.fullmatch(bare) and not _ASKS.match(bare) and not _VERB.search(bare) and not _CLAUSE.search(bare):
        found["question"] = f"What is {bare if bare.lower().startswith('the ') else f'the {bare}'}?"
    return found


def _chinese(bare: str) -> dict[str, str]:
    """The closing mark left out; politely and bluntly; as a question and as what it asks for."""
    blunt = _POLITE_ZH.sub("", bare)
    found = {"plain": bare, "polite": f"请问{blunt}？"} if blunt == bare else {"blunt": f"{blunt}？"}
    if (match := _IS_WHAT_ZH.fullmatch(blunt)) is not None:
        found["keywords"] = match["thing"]
    elif (match := _WHAT_IS_ZH.fullmatch(blunt)) is not None:
        found["turned"] = f"{match['thing']}是什么？"
    return found
