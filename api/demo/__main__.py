"""Start the service on a folder of its own, read the bundled collection, ask, teach, ask again, and show what changed.

`python -m api.demo` stops at the end; with `--stay` the service goes on until Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from api.client import Client
from api.demo.service import Service
from api.replies import AnswerReply
from jitl.errors import Unavailable

COLLECTION: Final = "demo"
FILES: Final = Path(__file__).parent / "collection"

ASKED: Final = "Which BOSS release is recommended for the J/psi data of 2018?"
OTHER_WORDS: Final = "What version of BOSS should I use to analyse the J/psi data taken in 2018?"
NEIGHBOUR: Final = "Which BOSS release is recommended for the psi(3686) data of 2021?"
CORRECTION: Final = "BOSS 7.0.8: the drift chamber constants of 2018 were redone, and 7.0.4 does not know them."
WRONG: Final = "The recommended BOSS release for the J/psi data of 2018 is 7.0.4."
TOUR: Final = (
    "How many crystals does the calorimeter of BESIII have?",
    "When was the CGEM inner tracker installed?",
    "Which variable must be set when MucGeo.dat cannot be opened?",
    "How high does LHAASO stand?",
    "HEPS的储存环周长是多少？",
    "Who won the football world cup in 1998?",
)

console = Console(highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m api.demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="go on serving after the story")
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0: a free one")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="jitl-demo-") as folder:
        try:
            with Service(Path(folder), chosen.port) as service, service.client() as client:
                right = tell(client)
                console.print(f"\nThe service answers at [bold]{service.address}[/] (its API: {service.address}/docs).")
                if chosen.stay:
                    console.print(f"Admin key: {service.admin_key}\nCtrl-C stops it and removes its folder.")
                    service.wait()
        except KeyboardInterrupt:
            return 130
    return 0 if right else 1


def tell(client: Client) -> bool:
    """The story. Whether everything came out as it should."""
    read(client)
    for question in TOUR:
        show(client.ask(question))

    console.rule("An expert knows better")
    before, neighbour = client.ask(ASKED), client.ask(NEIGHBOUR)
    show(before)
    show(neighbour)
    console.print(f"[bold]The expert teaches:[/] {CORRECTION}")
    supersedes = [{"document": before["sources"][0]["document"], "quote": WRONG}]
    taught = client.teach({"question": ASKED, "answer": CORRECTION, "supersedes": supersedes}, collection=COLLECTION)

    console.rule("The next questions, at once")
    corrected = [client.ask(question) for question in (ASKED, OTHER_WORDS)]
    after = client.ask(NEIGHBOUR)
    for answer in (*corrected, after):
        show(answer)

    console.rule("Taken back")
    client.retract(taught["id"])
    undone = client.ask(ASKED)
    show(undone)
    return verdict(
        {
            "the corrected question": fires(corrected[0], taught["id"]),
            "the same in other words": fires(corrected[1], taught["id"]),
            "the neighbouring question is as before": essence(after) == essence(neighbour),
            "taken back, the answer is as before": essence(undone) == essence(before),
        }
    )


def read(client: Client) -> None:
    console.rule("Reading the bundled collection")
    client.create_collection(COLLECTION)
    job = client.wait_job(client.ingest([FILES], COLLECTION))
    if job["state"] != "done":
        raise Unavailable(f"The bundled collection could not be read: {job.get('error')}", hint="Run `jitl doctor`.")
    for item in client.job_items(job["id"]):
        console.print(f"  {item['status']:<8} {item['chunks']:>3} passages  {Path(item['uri']).name} {item['reason']}")


def show(answer: AnswerReply) -> None:
    console.print(f"\n[bold cyan]Q[/] {answer['question']}")
    console.print("[bold green]A[/]", escape(answer["answer"]))
    for source in answer["sources"][:3]:
        struck = f"  [red]superseded by {source['superseded_by']}[/]" if source.get("superseded_by") else ""
        place = f", {source['location']}" if source["location"] else ""
        console.print(f"   [dim]\\[{source['number']}] {source['title']}{place}[/]{struck}")


def fires(answer: AnswerReply, correction: str) -> bool:
    return answer["correction"] is not None and answer["correction"]["id"] == correction


def essence(answer: AnswerReply) -> tuple[object, ...]:
    """What of an answer must not change when something else is taught (a source may now say that a sentence of it was wrong)."""
    sources = [{key: value for key, value in source.items() if key != "superseded_by"} for source in answer["sources"]]
    return answer["answer"], answer["grounded"], sources, answer["correction"], answer["evidence_corrections"]


def verdict(checks: dict[str, bool]) -> bool:
    console.rule("Did it keep its promise?")
    for what, right in checks.items():
        console.print(f"  {'[green]yes[/]' if right else '[red]NO [/]'}  {what}")
    return all(checks.values())


if __name__ == "__main__":
    sys.exit(main())
