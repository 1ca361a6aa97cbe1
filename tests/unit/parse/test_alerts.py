"""Astronomical alerts: what they report stands in the metadata, drawn by rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.parse.alert_facts import facts_of
from ingest.parse.registry import parser_for

CIRCULAR = """TITLE:   GCN CIRCULAR
NUMBER:  99001
SUBJECT: GRB 290114C: Swift-XRT afterglow candidate
DATE:    29/01/15 03:12:09 GMT
FROM:    Ada Example at Some Observatory <ada@example.org>

A. Example and B. Sample report on behalf of the Swift-XRT team:

At 20:57:03 UT, the Burst Alert Telescope triggered on the burst. The XRT localisation is
RA (J2000) = 03h 38m 01.2s
Dec(J2000) = -26d 56' 46.7"
with an uncertainty of 1.8 arcsec (radius, 90% containment).
"""
NOTICE = """TITLE:           GCN/FERMI NOTICE
NOTICE_DATE:     Mon 14 Jan 29 20:57:25 UT
NOTICE_TYPE:     Fermi-GBM Flight Position
TRIGGER_NUM:     568803428
GRB_RA:          54.510d {+03h 38m 02s} (J2000),
                 54.8d {+03h 39m} (current)
GRB_DEC:         -26.940d {-26d 56' 24"} (J2000),
GRB_ERROR:       3.50 [deg radius, statistical only]
GRB_DATE:        18497 TJD;    14 DOY;   29/01/14
GRB_TIME:        75423.16 SOD {20:57:03.16} UT
"""
TELEGRAM = """ATEL #99123  ATEL #99123

Title:  Fermi-LAT detection of enhanced activity from PKS 2155-304
Author: D. Example (Some Institute)
Posted: 15 Feb 2029; 12:34 UT
Subjects: Gamma Ray, AGN

The source (R.A.=329.7169 deg, Dec.=-30.2256 deg, J2000) brightened on 2029-02-14 at 06:00 UT; the 95% error radius is 0.05 deg.
"""
VOEVENT = """<?xml version='1.0'?><voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0"
 ivorn="ivo://x/Fermi#GBM" role="observation">
<Who><Author><contactName>E. Sample</contactName></Author><Date>2029-01-14T20:57:25</Date></Who>
<What><Param name="TrigID" value="568803428"/><Description>The Fermi-GBM location of a transient.</Description></What>
<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords><Time><TimeInstant><ISOTime>2029-01-14T20:57:03.16</ISOTime></TimeInstant></Time>
<Position2D unit="deg"><Value2><C1>54.51</C1><C2>-26.94</C2></Value2><Error2Radius>3.5</Error2Radius></Position2D></AstroCoords>
</ObservationLocation></ObsDataLocation></WhereWhen><Why><Inference><Name>GRB 290114C</Name></Inference></Why></voe:VOEvent>"""
UNIFIED = json.dumps(
    {
        "$schema": "https://gcn.nasa.gov/docs/schema/v4/gcn/notices/einstein_probe/wxt/alert.schema.json",
        "mission": "Einstein Probe",
        "instrument": "WXT",
        "id": ["01709130001"],
        "trigger_time": "2029-01-14T20:57:03Z",
        "ra": 54.51,
        "dec": -26.94,
        "ra_dec_error": 0.05,
    }
)
BURST = {"ra": 54.51, "dec": -26.94, "time": "2029-01-14T20:57:03Z"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("99001.txt", CIRCULAR, {"source": "GRB 290114C", "type": "gamma-ray burst", "ra": 54.505, "dec": -26.946306, "error": 0.0005}),
        ("99001.txt", CIRCULAR, {"time": "2029-01-14T20:57:03Z", "instrument": ["Swift-XRT"], "date": "2029-01-15T03:12:09+00:00"}),
        ("notice.txt", NOTICE, {**BURST, "error": 3.5, "instrument": ["Fermi-GBM"], "source": "568803428"}),
        ("atel.txt", TELEGRAM, {"source": "PKS 2155-304", "ra": 329.7169, "dec": -30.2256, "error": 0.05, "time": "2029-02-14T06:00:00Z"}),
        ("atel.txt", TELEGRAM, {"alert": "ATel #99123", "labels": ["Gamma Ray", "AGN"], "instrument": ["Fermi-LAT"]}),
        ("voevent.xml", VOEVENT, {**BURST, "error": 3.5, "source": "GRB 290114C", "instrument": ["Fermi-GBM"], "role": "observation"}),
        ("wxt.json", UNIFIED, {**BURST, "error": 0.05, "source": "01709130001", "instrument": ["Einstein Probe-WXT"]}),
    ],
)
def test_facts_stand_in_the_metadata(read, name: str, text: str, expected: dict) -> None:
    document = read(name, text)
    assert document.kind == "alert"
    assert {key: document.metadata.get(key) for key in expected} == expected
    assert str(expected.get("source", "")) in document.blocks[0].text, "a search for the source finds the alert"


def test_a_telegram_saved_as_a_page(read) -> None:
    head = "<html><head><title>ATel #99123: PKS 2155-304</title></head>"
    page = f"{head}<body><h1>Activity of PKS 2155-304</h1><p>ATel #99123</p><p>It rose.</p></body>"
    document = read("atel.html", page)
    assert document.title == "ATel #99123: Activity of PKS 2155-304"
    assert document.metadata["source"] == "PKS 2155-304"


def test_many_circulars_in_one_file(source) -> None:
    other = CIRCULAR.replace("99001", "99002").replace("290114C", "290115A")
    file = source("archive.txt", CIRCULAR + "\n" + other)
    documents = list(parser_for(file).parse(file))
    assert [document.member for document in documents] == ["gcn99001", "gcn99002"]
    assert [document.metadata["source"] for document in documents] == ["GRB 290114C", "GRB 290115A"]
    as_json = source("99001.json", json.dumps({"circularId": 99001, "subject": "IceCube-290501A", "body": "RA: 77.43 deg\nDec: +5.72 deg"}))
    (document,) = parser_for(as_json).parse(as_json)
    assert (document.metadata["type"], document.metadata["ra"], document.metadata["dec"]) == ("neutrino", 77.43, 5.72)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("RA, Dec = 123.4567, -12.345 (J2000)", (123.4567, -12.345)),
        ("RA, Dec: 12.5, +80.1 which is", (12.5, 80.1)),
        ("R.A. = 01:02:03.0, Decl. = +04:05:06", (15.5125, 4.085)),
        ("alpha = 10h 00m 00s, delta = −05d 30m 00s", (150.0, -5.5)),
        ("Dec is unknown and RA too", (None, None)),
        ("RA = 400.0 deg, Dec = 10.0 deg", (None, None)),
    ],
)
def test_positions_as_people_write_them(text: str, position: tuple) -> None:
    facts = facts_of("", text)
    assert (facts.ra, facts.dec) == position


def test_times_take_the_day_that_is_meant() -> None:
    sent = datetime(2029, 3, 2, 1, 0, tzinfo=UTC)
    assert facts_of("GRB 290228A", "At 23:50:01 UT it began.", sent).time == "2029-02-28T23:50:01Z"
    assert facts_of("A flare", "At 23:50 UT it began.", sent).time == "2029-03-01T23:50:00Z"
    assert facts_of("A flare", "It began at 03:04 UT on 5 January 2029.", sent).time == "2029-01-05T03:04:00Z"
    assert facts_of("A flare", "On 2029-13-45 at 10:00 UT nothing began.", sent).time == ""


def test_an_alert_that_defines_entities_is_refused(source) -> None:
    from jitl.errors import Unreadable

    bomb = VOEVENT.replace("<voe:VOEvent", '<!DOCTYPE v [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><voe:VOEvent', 1)
    file = source("bomb.xml", bomb)
    with pytest.raises(Unreadable, match="entities"):
        list(parser_for(file).parse(file))
