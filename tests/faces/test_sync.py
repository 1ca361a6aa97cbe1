"""Sources of a collection: listed, read again, and who may."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.faces.conftest import Live, serve, wait_for_job
from tests.site import Answer, site
from tests.terminal import Terminal

HOME = '<html><body><h1>Offline software</h1><p>The release guide of the group.</p><a href="rates">rates</a></body></html>'
RATES = "<html><body><h1>Trigger rates</h1><p>The level-1 rate is 4 kHz.</p></body></html>"
LOGIN = '<html><head><title>Sign in</title></head><body><form><input type="password"></form></body></html>'


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory):
    with serve(tmp_path_factory.mktemp("data"), fetch_private=True, fetch_pause_s=0) as running:
        yield running


def sync(client: httpx.Client, collection: str, **body: object) -> dict[str, int]:
    job = client.post(f"/v1/collections/{collection}/sync", json=body).json()["job"]
    ended = wait_for_job(client, job)
    assert ended["state"] == "done", ended
    return {status: number for status, number in ended["counts"].items() if number}


def test_a_section_is_read_again(live: Live) -> None:
    live.collection("wiki")
    admin = live.admin
    with site({"/wiki/": HOME, "/wiki/rates": RATES}) as shown:
        address = f"site+{shown.url}/wiki/"
        listed = admin.post("/v1/collections/wiki/sources", json={"address": address})
        assert listed.status_code == 201, listed.text
        assert admin.post("/v1/collections/wiki/sources", json={"address": address}).json()["id"] == listed.json()["id"]
        assert sync(admin, "wiki") == {"added": 2}
        assert sync(admin, "wiki") == {"unchanged": 2}
        (source,) = admin.get("/v1/collections/wiki/sources").json()["sources"]
        assert source["synced_at"] is not None
        shown.pages["/wiki/rates"] = Answer(RATES.replace("4 kHz", "5 kHz"))
        assert sync(admin, "wiki", sources=[source["id"]]) == {"changed": 1, "unchanged": 1}
        shown.pages["/wiki/rates"] = Answer(LOGIN)
        assert sync(admin, "wiki") == {"failed": 1, "unchanged": 1}, "a login page replaces nothing"
        hits = admin.post("/v1/search", json={"question": "level-1 trigger rate", "collections": ["wiki"]}).json()["hits"]
        assert "5 kHz" in hits[0]["text"]
        del shown.pages["/wiki/rates"]
        assert sync(admin, "wiki") == {"failed": 1, "removed": 1, "unchanged": 1}, "the page is gone, and the link to it is told"
        shown.pages["/robots.txt"] = Answer(status=500)
        assert sync(admin, "wiki") == {"failed": 1}, "a site that does not answer costs nothing that was read"
        assert len(admin.get("/v1/collections/wiki/documents").json()["documents"]) == 1
    assert admin.delete(f"/v1/collections/wiki/sources/{source['id']}").status_code == 204
    assert admin.get("/v1/collections/wiki/sources").json() == {"sources": []}
    assert admin.delete(f"/v1/collections/wiki/sources/{source['id']}").status_code == 404


def test_files_of_the_machine_are_its_owners(live: Live, tmp_path: Path) -> None:
    live.collection("closed")
    (tmp_path / "secret.md").write_text("# Secret\n\nNobody reads this.\n")
    for address in (str(tmp_path), tmp_path.as_uri(), f"git+{tmp_path}", f"git+file://{tmp_path}"):
        refused = live.admin.post("/v1/collections/closed/sources", json={"address": address})
        assert refused.status_code == 403, address
    assert live.admin.post("/v1/collections/closed/sources", json={"address": "ftp://host/x"}).status_code == 422
    reader = live.person("reader", closed="read")
    assert reader.get("/v1/collections/closed/sources").status_code == 403
    assert reader.post("/v1/collections/closed/sync", json={}).status_code == 403


def test_the_command_line_lists_and_reads_again(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Tracker\n\nThe chamber has 43 layers.\n")
    (docs / "b.md").write_text("# Magnet\n\nThe field is 1 T.\n")
    jitl = Terminal(tmp_path / "data")
    *_, first = jitl.json("sync", docs, "-c", "bes3")
    assert first["counts"] == {**first["counts"], "added": 2}
    (docs / "b.md").rename(docs / "c.md")
    *_, second = jitl.json("sync", "-c", "bes3")
    assert (second["counts"]["added"], second["counts"]["removed"], second["counts"]["unchanged"]) == (1, 1, 1)


def test_editions_are_listed_and_shown_once(live: Live) -> None:
    live.collection("manuals")
    admin = live.admin
    words = " ".join(
        f"Step {number} of the calibration of the drift chamber sets voltage {number * 7} on board {number}." for number in range(12)
    )
    pages = {f"guide-{year}.md": f"---\ndate: {year}-01-01\n---\n# Calibration\n\n{words} Edition {year}.\n" for year in (2019, 2024)}
    live.upload(admin, "manuals", {**pages, "other.md": "# Magnet\n\nThe field of the solenoid is 1 T.\n"})
    (group,) = admin.get("/v1/collections/manuals/duplicates").json()["groups"]
    assert [one["document"] for one in group] == ["guide-2024.md", "guide-2019.md"]
    hits = admin.post(
        "/v1/search", json={"question": "voltage of board 3 in the chamber's calibration", "collections": ["manuals"]}
    ).json()["hits"]
    assert hits[0]["document"] == "guide-2024.md"
    assert hits[0]["also"] == ["guide-2019.md"]
    assert "guide-2019.md" not in [hit["document"] for hit in hits]


def test_people_get_tokens_where_an_admin_asks_for_it(live: Live) -> None:
    live.collection("letters")
    admin = live.admin
    assert live.person("teacher", letters="teach").put("/v1/collections/letters/intake", json={"pseudonyms": True}).status_code == 403
    assert admin.put("/v1/collections/letters/intake", json={"pseudonyms": True}).json() == {"pseudonyms": True}
    head = "From: Siobhan Marlowe <siobhan@lab.example.org>\nTo: b@x.org\nSubject: Magnet\nMessage-ID: <1@x>\n\n"
    mail = f"{head}The magnet tripped.\n\nSiobhan\n"
    live.upload(admin, "letters", {"a.eml": mail})
    (document,) = admin.get("/v1/collections/letters/documents").json()["documents"]
    shown = admin.get(f"/v1/documents/{document['id']}/source")
    assert "magnet tripped" in shown.text
    assert "siobhan" not in (shown.text + str(document)).lower()
    original = admin.get(f"/v1/documents/{document['id']}/source", params={"original": True})
    assert original.status_code == 404, "people in the file that was sent have their names"
