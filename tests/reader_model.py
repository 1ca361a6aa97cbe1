"""A language model that reads passages by rule, in the form that graphrag asks for: what an endpoint of the tests speaks.

Of `A wrote B.` it says that A made B, of `A is part of B.` that it is, and that `lamp`s are detectors. On the way it makes the mistakes
that models make: it invents a device, a relation that no schema has, a sentence that nobody wrote, and one that holds another name.
Where a passage says `babble`, it does; where it says `silence`, it says nothing but that it is done.
"""

from __future__ import annotations

import re

TEMPLATE = "Types: {entity_types}\n-Examples-\n(none)\n-Real Data-\nText: {input_text}\nOutput:"
WROTE = re.compile(r"([A-Z]\w+ [A-Z]\w+) wrote ([A-Z]\w+)\.")
PART = re.compile(r"The (\w+ lamp) is part of the ([A-Z]\w+ [A-Z]\w+)\.")
MISTAKES = 4
"""Of every passage with a sentence of either kind."""


def passage(body: dict) -> str:
    """What the model was shown."""
    return body["messages"][-1]["content"].rpartition('">\n')[2].partition("\n</source>")[0]


def speak(body: dict) -> str:
    text = passage(body)
    if "babble" in text:
        return "I am sorry, but as a language model I would rather talk of something else."
    records = []
    for match in WROTE.finditer(text):
        records += [entity(match[1].upper(), "PERSON"), entity(match[2], "software"), related(match[1], match[2], "made", match[0])]
    for match in PART.finditer(text):
        records += [entity(match[1], "detector"), entity(match[2], "experiment"), related(match[1], match[2], "Part_Of", match[0])]
    if records and "silence" not in text:
        named = WROTE.search(text) or PART.search(text)
        assert named is not None
        first, second, said = named[1], named[2], named[0]
        records += [
            entity("Ghost Device", "detector"),
            related(first, second, "admires", said),
            related(first, second, "uses", f"{first} uses {second} every day."),
            related(first, "Ghost Device", "made", said),
        ]
    return '<think>("entity"<|>Thought</think>\n' + "\n##\n".join([] if "silence" in text else records) + "\n<|COMPLETE|>"


def entity(name: str, kind: str) -> str:
    return f'("entity"<|>{name}<|>{kind}<|>as the passage says)'


def related(subject: str, object_: str, relation: str, sentence: str) -> str:
    return f'("relationship"<|>{subject}<|>{object_}<|>{relation}: {sentence}<|>8)'
