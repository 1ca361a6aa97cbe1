"""Draws statements and aliases from the papers and TWiki topics, to be judged one by one: `python -m tests.quality.sample_facts SEED`.

Aliases are those of two names: a WikiWord and its words (two thirds of all) are left out.

Writes a line each without a verdict; `test_facts.py` reads the files in which every line has one. With `--show`, the sentences too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys

from graph.extract import Extractor
from tests.quality.passages import pieces

STATEMENTS, ALIASES = 200, 100
FOLDERS = ("papers", "twiki")


def drawn(seed: int, folders: tuple[str, ...] = FOLDERS) -> tuple[list[dict], list[dict], dict[str, str]]:
    """Statements and aliases, each once however often it stands somewhere, and the sentences of the statements by their digest."""
    extractor = Extractor()
    statements: dict[tuple, dict] = {}
    aliases: dict[tuple, dict] = {}
    sentences: dict[str, str] = {}
    for piece in pieces(*folders):
        facts = extractor.extract(piece.chunk.text, piece.chunk.header, piece.title)
        for one in facts.statements:
            sentence = piece.chunk.text[one.start : one.end]
            digest = hashlib.sha256(sentence.encode()).hexdigest()[:12]
            sentences[digest] = sentence
            at = piece.chunk.location.start
            row = {"document": piece.document, "start": at + one.start, "end": at + one.end, "sentence": digest}
            statements.setdefault((one.subject, one.relation, one.object), row | {"triple": [one.subject, one.relation, one.object]})
        for alias in facts.aliases:
            if alias.key.replace(" ", "") == alias.other.replace(" ", ""):
                continue  # a WikiWord and its words, which cannot be wrong
            aliases.setdefault((alias.key, alias.other), {"document": piece.document, "alias": [alias.key, alias.other]})
    choose = random.Random(seed)
    some = choose.sample([statements[key] for key in sorted(statements)], min(STATEMENTS, len(statements)))
    others = choose.sample([aliases[key] for key in sorted(aliases)], min(ALIASES, len(aliases)))
    print(f"seed {seed}: {len(some)} of {len(statements)} statements, {len(others)} of {len(aliases)} aliases", file=sys.stderr)
    return some, others, sentences


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("seed", type=int)
    asked.add_argument("--show", action="store_true")
    asked.add_argument("--folders", nargs="*", default=FOLDERS)
    args = asked.parse_args()
    statements, aliases, sentences = drawn(args.seed, tuple(args.folders))
    for row in (*statements, *aliases):
        print(json.dumps({"seed": args.seed, **row}, ensure_ascii=False))
        if args.show and "sentence" in row:
            print("   ", " ".join(sentences[row["sentence"]].split()))


if __name__ == "__main__":
    main()
