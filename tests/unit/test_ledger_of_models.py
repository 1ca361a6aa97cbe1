"""What calls cost, in SQL: set aside before, settled after, held under caps of keys, persons and collections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from jitl.errors import OutOfBudget, Unavailable
from jitl.gateway.caps import Caps, window_start
from jitl.gateway.gateway import Gateway
from jitl.gateway.ledger import Ledger
from jitl.gateway.meter import Taken
from jitl.gateway.plan import Cap, EndpointPlan, Plan, RoutePlan
from jitl.ports import Message
from jitl.speech import Payer
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from jitl.sql.people import OWNER, People
from jitl.sql.usage_tables import model_calls
from tests.endpoint import Endpoint, connect, serving

ASKED = [Message("user", "How many cells?")]
ONE = EndpointPlan("a", "http://127.0.0.1:9/v1", "m", price_in=1.0, price_out=10.0)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint) -> Endpoint:
    server.mode, server.usage, server.pieces = "well", (1000, 100), Endpoint.pieces
    server.requests.clear()
    return server


def ledger_of(db: Database, **defaults: Cap) -> Ledger:
    return Ledger(db, Caps(db, defaults))


def gateway(endpoint: Endpoint, ledger: Ledger, **more) -> Gateway:
    plan = EndpointPlan("a", endpoint.url, "m", retries=0, timeout_s=5, max_tokens=200, price_in=1.0, price_out=10.0, **more)
    return Gateway(Plan({"a": plan}, {"default": RoutePlan(("a",))}), connect, ledger)


def rows(db: Database) -> list[tuple]:
    with db.read() as connection:
        c = model_calls.c
        return [tuple(row) for row in connection.execute(sa.select(c.outcome, c.prompt_tokens, c.completion_tokens, c.estimated))]


def test_a_call_is_charged_to_key_person_and_in_shares_to_the_collections(database: Database, endpoint):
    ledger = ledger_of(database)
    model = gateway(endpoint, ledger).of("hep", Payer("p1", "k1", ("c1", "c2")))
    list(model.stream(ASKED))
    assert rows(database) == [("done", 1000, 100, False)]
    for by, ref in (("key", "k1"), ("principal", "p1"), ("route", "hep"), ("endpoint", "a"), ("model", "m")):
        (line,) = ledger.lines(by, LONG_AGO)
        assert (line.ref, line.calls, line.prompt_tokens, line.completion_tokens, line.estimated) == (ref, 1, 1000, 100, 0)
        assert line.cost == pytest.approx((1000 * 1 + 100 * 10) / 1e6)
    halves = ledger.lines("collection", LONG_AGO)
    assert {line.ref: line.prompt_tokens for line in halves} == {"c1": 500, "c2": 500}
    assert ledger.lines("key", datetime.now(UTC) + timedelta(hours=1)) == []
    assert ledger.lines("key", LONG_AGO, ["k2"]) == []


@pytest.mark.parametrize(
    ("mode", "outcome", "free"),
    [("error", "failed", True), ("cut", "cut", False), ("well", "cancelled", False), ("silent", "failed", False)],
)
def test_what_a_failed_call_cost_is_estimated_and_a_refusal_is_free(sqlite_database, endpoint, mode, outcome, free):
    endpoint.mode, endpoint.usage = mode, None
    ledger = ledger_of(sqlite_database)
    models = (
        gateway(endpoint, ledger)
        if mode != "silent"
        else Gateway(
            Plan({"a": EndpointPlan("a", endpoint.url, "m", retries=0, timeout_s=0.3)}, {"default": RoutePlan(("a",))}), connect, ledger
        )
    )
    reply = models.of("hep", Payer("p1", "k1")).stream(ASKED)
    if outcome == "cancelled":
        next(reply)
        reply.close()
    else:
        with pytest.raises(Unavailable):
            list(reply)
    ((how, prompt, completion, estimated),) = rows(sqlite_database)
    assert how == outcome
    assert (prompt + completion == 0) is free
    assert estimated is not free
    assert completion < 50, "not what was set aside for the longest reply"


def test_tokens_that_an_endpoint_does_not_tell_are_estimated(sqlite_database, endpoint):
    endpoint.usage = None
    ledger = ledger_of(sqlite_database)
    list(gateway(endpoint, ledger).of("hep", Payer("p1", "k1")).stream(ASKED))
    ((_, prompt, completion, estimated),) = rows(sqlite_database)
    assert estimated
    assert 5 <= prompt <= 40
    assert 5 <= completion <= 20


@pytest.mark.parametrize("scope", ["key", "person", "collection"])
def test_a_cap_refuses_before_anything_is_asked_and_says_when_it_ends_and_who_raises_it(sqlite_database: Database, endpoint, scope):
    database = sqlite_database
    ledger = ledger_of(database)
    place = Catalogue(database).create_collection("bes3", OWNER.id).id
    key = People(database).create_key("pat", by=OWNER.id, name="laptop").info
    payer = Payer(key.principal_id, key.id, (place,))
    ref = {"key": key.id, "person": key.principal_id, "collection": place}[scope]
    ledger.caps.put(scope, ref, Cap(tokens=1200), by=OWNER.id)
    models = gateway(endpoint, ledger)
    list(models.of("hep", payer).stream(ASKED))
    with pytest.raises(OutOfBudget, match="1200 tokens a day") as refused:
        list(models.of("hep", payer).stream(ASKED)), list(models.of("hep", payer).stream(ASKED))
    assert {"key": "'laptop'", "person": "This person", "collection": "'bes3'"}[scope] in refused.value.message
    tomorrow = window_start("day") + timedelta(days=1)
    assert f"{tomorrow:%Y-%m-%d} 00:00 UTC" in refused.value.hint
    assert f"jitl usage cap {scope}" in refused.value.hint
    assert 0 < refused.value.retry_s <= 86400
    assert len(endpoint.requests) == 1
    ledger.caps.put(scope, ref, Cap(tokens=10**6), by=OWNER.id)
    list(models.of("hep", payer).stream(ASKED))
    ledger.caps.put(scope, ref, None, by=OWNER.id)
    list(models.of("hep", payer).stream(ASKED))
    assert len(endpoint.requests) == 3


def test_money_is_capped_too_and_a_month_is_longer_than_a_day(sqlite_database, endpoint):
    ledger = ledger_of(sqlite_database, key=Cap(money=0.005, per="month"))
    models = gateway(endpoint, ledger)  # a call: .002, and .002 are set aside for its longest reply
    list(models.of("hep", Payer("p1", "k1")).stream(ASKED))
    with sqlite_database.write() as connection:  # spent at the month's beginning
        connection.execute(model_calls.update().values(at=window_start("month") + timedelta(seconds=1)))
    list(models.of("hep", Payer("p1", "k1")).stream(ASKED))
    with pytest.raises(OutOfBudget, match=r"0\.005 of money a month"):
        models.of("hep", Payer("p1", "k1"))
    with sqlite_database.write() as connection:
        connection.execute(model_calls.update().values(at=window_start("month") - timedelta(seconds=1)))
    assert models.of("hep", Payer("p1", "k1")) is not None, "a new month"


def test_a_default_holds_for_all_but_the_owner_and_its_own_word_goes_before(sqlite_database, endpoint):
    ledger = ledger_of(sqlite_database, key=Cap(tokens=0), person=Cap(tokens=0))
    models = gateway(endpoint, ledger)
    with pytest.raises(OutOfBudget):
        models.of("hep", Payer("p1", "k1"))
    assert models.of("hep", Payer(OWNER.id)) is not None
    for scope, ref in (("key", "k1"), ("person", "p1")):
        ledger.caps.put(scope, ref, Cap(), by=OWNER.id)
    assert models.of("hep", Payer("p1", "k1")) is not None


def test_many_at_once_never_go_beyond_a_cap(database: Database, endpoint):
    """Each may take 25 + 200 tokens; what is set aside for calls under way counts, so at most four of twenty begin."""
    endpoint.usage = (25, 200)
    ledger = ledger_of(database, key=Cap(tokens=1000))
    models, refused = gateway(endpoint, ledger), []

    def ask() -> None:
        try:
            list(models.of("hep", Payer("p1", "k1")).stream(ASKED))
        except OutOfBudget as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (line,) = ledger.lines("key", LONG_AGO)
    assert line.prompt_tokens + line.completion_tokens <= 1000
    assert len(endpoint.requests) + len(refused) == 20
    assert endpoint.requests


def test_what_was_set_aside_stays_where_the_process_died(sqlite_database):
    ledger = ledger_of(sqlite_database, key=Cap(tokens=1000))
    call = ledger.open(Payer("p1", "k1"), "hep", ONE, 300, 600)
    with pytest.raises(OutOfBudget):
        ledger.open(Payer("p1", "k1"), "hep", ONE, 300, 600)
    ledger.settle(call, ONE, Taken(30, 60, estimated=False), "done")
    ledger.open(Payer("p1", "k1"), "hep", ONE, 300, 600)


def test_a_chat_passed_through_is_paid_for_like_any_other(sqlite_database, endpoint):
    ledger = ledger_of(sqlite_database, key=Cap(tokens=1300))
    models, body = gateway(endpoint, ledger), {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}
    list(models.chat("general", body, Payer("p1", "k1")))
    assert rows(sqlite_database) == [("done", 1000, 100, False)]
    with pytest.raises(OutOfBudget):
        list(models.chat("general", {**body, "max_tokens": 300}, Payer("p1", "k1")))
