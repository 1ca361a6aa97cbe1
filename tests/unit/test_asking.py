"""Which collections a kept answer concerns."""

from __future__ import annotations

from api.asking import _concerned
from jitl.principals import personal_id
from jitl.types import Source

SHARED, OWN = "shared", personal_id("pia")


def source(place: str, correction: str | None = None) -> Source:
    return Source(1, "passage", "q", "t", "", collection_id=place, correction=correction)


def test_a_personal_one_only_where_it_gave_something() -> None:
    assert _concerned([SHARED, OWN], [], ()) == [SHARED]
    assert _concerned([SHARED, OWN], [source(SHARED)], ()) == [SHARED]
    assert _concerned([SHARED, OWN], [source(SHARED), source(OWN)], ()) == [SHARED, OWN]
    assert _concerned([OWN], [], ()) == [OWN]


def test_all_where_it_is_not_certain() -> None:
    """A correction that was evidence and is no source may be of any of them."""
    assert _concerned([SHARED, OWN], [source(SHARED)], ("c1",)) == [SHARED, OWN]
    assert _concerned([SHARED, OWN], [source(SHARED, "c1")], ("c1",)) == [SHARED]
