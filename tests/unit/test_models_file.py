"""`models.toml`: endpoints, routes, prices and caps; JITL_MODEL_* where there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.models import model_parts
from jitl.errors import BadInput
from jitl.gateway.gateway import Gateway
from jitl.gateway.plan import Cap, read_plan
from jitl.settings import load_settings
from tests.data import ROOT
from tests.endpoint import connect

WHOLE = """
currency = "CNY"

[endpoints.hall]
url = "http://127.0.0.1:8000/v1"
model = "xiwu-13b"
key_env = "HALL_KEY"
context = 8192
price_in = 0.5
price_out = 2.0

[endpoints.cloud]
url = "https://models.example.org/v1"
model = "large"

[routes.hep]
use = ["hall"]
fallback = ["cloud"]

[routes.general]
use = ["cloud"]

[caps]
key = {tokens = 2_000_000}
collection = {money = 50.0, per = "month"}
"""


def plan_of(folder: Path, text: str, env: str = ""):
    (folder / "models.toml").write_text(text, encoding="utf-8")
    (folder / "jitl.env").write_text(env, encoding="utf-8")
    return read_plan(load_settings(folder))


def test_a_whole_file(tmp_path, monkeypatch):
    monkeypatch.delenv("HALL_KEY", raising=False)
    plan = plan_of(tmp_path, WHOLE, "HALL_KEY=sk-from-file\n")
    hall = plan.endpoints["hall"]
    assert hall.key.get_secret_value() == "sk-from-file"
    assert "sk-from-file" not in repr(plan)
    assert hall.cost(2_000_000, 1_000_000) == 3.0
    assert (plan.route("hep").use, plan.route("hep").fallback, plan.route("hep_code")) == (("hall",), ("cloud",), None)
    assert (plan.route("jobs").use, plan.route("condense").use) == (("hall",), ("cloud",))
    assert plan.caps == {"key": Cap(2_000_000), "collection": Cap(None, 50.0, "month")}
    monkeypatch.setenv("HALL_KEY", "sk-from-environment")
    assert plan_of(tmp_path, WHOLE).endpoints["hall"].key.get_secret_value() == "sk-from-environment"


def test_the_simple_way_is_one_endpoint_for_all(tmp_path, monkeypatch):
    monkeypatch.setenv("JITL_MODEL_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("JITL_MODEL_NAME", "m")
    monkeypatch.setenv("JITL_MODEL_KEY", "sk-1")
    plan = read_plan(load_settings(tmp_path))
    assert [plan.route(label).use for label in ("hep", "general_code", "jobs", "condense")] == [("default",)] * 4
    assert (plan.endpoints["default"].model, plan.endpoints["default"].key.get_secret_value()) == ("m", "sk-1")
    assert plan_of(tmp_path, WHOLE).notes, "said to whoever runs the service"
    monkeypatch.delenv("JITL_MODEL_URL")
    (tmp_path / "models.toml").unlink()
    assert read_plan(load_settings(tmp_path)).route("hep") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("endpoints = 3", "endpoints"),
        ("[routes.hep]\nuse = ['x']\n[endpoints.y]\nurl='http://h/v1'\nmodel='m'", "'x', which is not described"),
        ("[routes.physics]\nuse = ['y']\n[endpoints.y]\nurl='http://h/v1'\nmodel='m'", "no route 'physics'"),
        ("[routes.hep]\nuse = []\n[endpoints.y]\nurl='http://h/v1'\nmodel='m'", "routes.hep.use"),
        ("[routes]\n[endpoints.y]\nurl='http://h/v1'\nmodel='m'\nkey='sk-secret'", "endpoints.y.key"),
        ("[routes]\n[endpoints.y]\nurl='http://me:sk-secret@h/v1'\nmodel='m'", "endpoints.y.url"),
        ("[routes]\n[endpoints.y]\nurl='http://h/v1'\nmodel='m'\ncontext=-1", "endpoints.y.context"),
        ("[endpoints", "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_start_with_its_place_and_no_secret(tmp_path, text, why):
    with pytest.raises(BadInput) as refused:
        plan_of(tmp_path, text)
    assert why in str(refused.value)
    assert "models.toml" in str(refused.value)
    assert "sk-secret" not in str(refused.value)


def test_the_doctor_tells_of_each_endpoint(tmp_path, monkeypatch):
    monkeypatch.delenv("HALL_KEY", raising=False)
    models = Gateway(plan_of(tmp_path, WHOLE), connect)
    answers, hall, cloud = model_parts(models)
    assert answers.detail == "hep: hall, then cloud; general: cloud; extractive: hep_code, general_code"
    assert (hall.name, hall.state) == ("model hall", "degraded")
    assert "HALL_KEY" in hall.todo
    assert (cloud.state, cloud.detail) == ("ready", "large at https://models.example.org/v1; not asked yet")


def test_the_readmes_file_is_one(tmp_path, monkeypatch):
    monkeypatch.delenv("HALL_KEY", raising=False)
    (shown,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    plan = plan_of(tmp_path, shown)
    assert (plan.route("hep").fallback, plan.route("general").use, plan.currency) == (("cloud",), ("cloud",), "CNY")
