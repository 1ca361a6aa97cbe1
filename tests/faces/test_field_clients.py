"""The field's own clients against the service: Dr.Sai's memory, RAGFlow's SDK, hepai. Each runs in an environment of its own.

What they send is recorded as plain requests in the tests of each face, which need none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import hepai
from jitl.principals import Role
from tests import clients
from tests.faces.conftest import Live, serve

CHAMBER = "# Drift chamber\n\nThe momentum resolution of the drift chamber is 0.5 percent at 1 GeV."
MUONS = "# Muon system\n\nThe muon system has nine layers of resistive plate chambers."
QUESTION = "What is the momentum resolution of the drift chamber?"

DRSAI = """
import asyncio, json, sys
from types import SimpleNamespace
from autogen_core.models import AssistantMessage, UserMessage
from drsai.modules.components.memory.ragflow_memory import RAGFlowMemory, RAGFlowMemoryConfig, RAGFlowMemoryManager
from drsai.modules.components.model_context.drsai_model_context import DrSaiChatCompletionContext as Context

async def main(url, key, reader, folder, question):
    memory, out = RAGFlowMemoryManager(url, key), {}
    (dataset,) = await memory.list_datasets()
    out["documents"] = [one["name"] for one in await memory.list_documents(dataset["id"])]
    config = RAGFlowMemoryConfig(RAGFLOW_URL=url, RAGFLOW_TOKEN=reader, dataset_ids=[dataset["id"]])
    out["before"] = [one.content for one in (await RAGFlowMemory(config).query(question)).results]
    session = SimpleNamespace(_rag_flow_manager=memory, _user_id="u1", _thread_id="t1", _dataset_id=dataset["id"], _work_dir=folder)
    session._extract_thread_id = lambda chunk: Context._extract_thread_id(session, chunk)
    session._extract_timestamp = lambda chunk: Context._extract_timestamp(session, chunk)
    document = await Context.create_new_session_document(session)
    said = [UserMessage(content=question, source="user"), AssistantMessage(content="It is 0.4 percent.", source="agent")]
    await Context.upload_conversation_to_ragflow(session, said, document_id=document)
    out["remembered"] = await Context.retrieve_from_memory(session, question)
    out["after"] = [one.content for one in (await RAGFlowMemory(config).query(question)).results]
    out["document"] = await memory.retrieve_chunks_by_content(question, [], [document])
    out["stranger"] = await RAGFlowMemoryManager(url, "wrong").list_documents(dataset["id"])
    return out

print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
"""

SDK = """
import json, sys
from ragflow_sdk import RAGFlow

url, key, question = sys.argv[1:]
rag, out = RAGFlow(api_key=key, base_url=url), {}
dataset = rag.list_datasets()[0]
out["found"] = rag.get_dataset(dataset.name).id == dataset.id
document = dataset.upload_documents([{"display_name": "sdk.md", "blob": b"# SDK\\n\\nThe laser hut is locked at night."}])[0]
out["read"] = [one.name for one in dataset.list_documents(id=document.id)]
out["chunks"] = [one.content for one in document.list_chunks()]
taught = document.add_chunk("Nobody locks it.", questions=["Is the laser hut locked at night?"])
best = rag.retrieve(dataset_ids=[dataset.id], question="Is the laser hut locked at night?")[0]
out["taught"] = (best.id == taught.id, best.similarity)
taught.update({"content": "It is locked at noon."})
out["updated"] = rag.retrieve(dataset_ids=[dataset.id], question="Is the laser hut locked at night?")[0].content
document.delete_chunks([taught.id])
out["deleted"] = rag.retrieve(dataset_ids=[dataset.id], question="Is the laser hut locked at night?")[0].document_id == document.id
try:
    dataset.delete_documents([document.id])
except Exception as error:
    out["refused"] = str(error)
print(json.dumps(out))
"""

HEPAI = """
import json, sys
from dataclasses import asdict
from hepai import HepAI
from hepai.components.haiddf.base_class._worker_class import WorkerInfo

url, key, question, announced = sys.argv[1:]
client, out = HepAI(base_url=url + "/apiv2", api_key=key), {}
messages = [{"role": "user", "content": question}]
out["models"] = [one.id for one in client.models.list()]
out["whole"] = client.chat.completions.create(model="xiwu-auto", messages=messages).choices[0].message.content
pieces = client.chat.completions.create(model="xiwu-auto", messages=messages, stream=True)
out["streamed"] = "".join(one.choices[0].delta.content or "" for one in pieces if one.choices)
out["dimension"] = len(client.embeddings.create(model="xiwu-embedding", input=["a"]).data[0].embedding)
out["workers"] = client.list_workers().to_table()["model_names"]
worker = client.get_worker_info(model_name="xiwu-auto")
out["status"] = client.get_worker_status(worker.id).status
remote = client.connect_to("xiwu-hep")
out["functions"] = [one["__name__"] for one in remote.function_details] == remote.functions
out["asked"] = remote.ask(question)["answer"]
out["found"] = remote.search(question, k=1)["hits"][0]["document"]
out["called"] = remote.chat_completions(messages=messages)["choices"][0]["message"]["content"]
streamed = remote.chat_completions(messages=messages, stream=True)
out["pieces"] = "".join(one["choices"][0]["delta"].get("content") or "" for one in streamed if one["choices"])
out["announced"] = WorkerInfo(**json.loads(announced)).to_dict() == json.loads(announced)
stranger = HepAI(base_url=url + "/apiv2", api_key="wrong")
for name, wrong in (("key", stranger.list_workers), ("stop", lambda: client.stop_worker(worker.id))):
    try:
        wrong()
    except Exception as error:
        out[name] = error.status_code
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data")) as running:
        yield running


def stocked(live: Live, name: str) -> None:
    clients.python_of(name)  # skip before anything is made
    live.collection(name)
    live.upload(live.admin, name, {"chamber.md": CHAMBER, "muons.md": MUONS})


def test_drsais_memory_reads_and_teaches(live: Live, tmp_path: Path) -> None:
    stocked(live, "drsai")
    key = live.key("drsai's agent", Role.EXPERT, rights=("import",), drsai="teach")
    out = clients.run("drsai", DRSAI, live.url, key, live.key("drsai's reader", drsai="read"), str(tmp_path), QUESTION)
    assert out["documents"] == ["chamber.md", "muons.md"]
    assert "0.5 percent" in out["before"][0]
    assert out["after"][0].startswith("It is 0.4 percent.\n[Corrected by drsai's agent")
    assert "Session_ID: t1" in out["remembered"]
    assert out["remembered"].index("0.4 percent") < out["remembered"].index("0.5 percent")
    assert "0.4 percent" in out["document"]["chunks"][0]["content"]
    assert out["stranger"] == []


def test_ragflows_sdk_reads_teaches_changes_and_takes_back(live: Live) -> None:
    stocked(live, "ragflow")
    key = live.key("sdk", Role.EXPERT, rights=("import",), ragflow="teach")
    out = clients.run("ragflow", SDK, live.url, key, QUESTION)
    assert out["found"] is True
    assert out["read"] == ["sdk.md"]
    assert "locked at night" in out["chunks"][0]
    assert out["taught"] == [True, 1.0]
    assert out["updated"].startswith("It is locked at noon.")
    assert out["deleted"] is True
    assert "You may not administer" in out["refused"]


def test_hepais_client_chats_and_calls_functions(live: Live) -> None:
    stocked(live, "hepai")
    announced = json.dumps(hepai.worker("https://jitl.example:8765", {"groups": ["all"], "users": [], "owner": "alice"}))
    out = clients.run("hepai", HEPAI, live.url, live.key("hepai's user", hepai="read"), QUESTION, announced)
    assert out["models"] == out["workers"][0]
    for told in ("whole", "streamed", "asked", "called", "pieces"):
        assert "0.5 percent" in out[told], told
    assert out["streamed"].split("\n\nSources")[0] == out["asked"] == out["pieces"].split("\n\nSources")[0]
    assert "Sources:" in out["whole"]
    assert out["dimension"] == 384
    assert (out["status"], out["functions"], out["announced"]) == ("ready", True, True)
    assert out["found"] == "chamber.md"
    assert (out["key"], out["stop"]) == (401, 403)
