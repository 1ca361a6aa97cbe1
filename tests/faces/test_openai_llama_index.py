"""llama-index reaches the service as it reaches any OpenAI-like one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faces.conftest import Live
from tests.faces.test_openai import PAGE, QUESTION

openai_like = pytest.importorskip("llama_index.llms.openai_like", reason="comes with pip install llama-index-llms-openai-like")


@pytest.fixture
def llm(live: Live) -> Iterator[object]:
    live.collection("chamber")
    live.upload(live.admin, "chamber", {"chamber.md": PAGE})
    made = openai_like.OpenAILike(
        model="xiwu-auto", api_base=f"{live.url}/v1", api_key=live.key("llama", chamber="read"), is_chat_model=True, max_retries=0
    )
    yield made
    made._get_client().close()


def test_it_asks_streams_and_completes(llm) -> None:
    from llama_index.core.llms import ChatMessage

    talk = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content=QUESTION)]
    whole = llm.chat(talk)
    assert "43 layers" in whole.message.content
    assert "Sources:" in whole.message.content
    assert whole.raw.model_extra["jitl"]["sources"][0]["document"] == "chamber.md"
    streamed = list(llm.stream_chat(talk))[-1].message.content
    assert streamed.partition("Sources:")[0] == whole.message.content.partition("Sources:")[0]
    assert "43 layers" in llm.complete(QUESTION).text


def test_it_embeds(live: Live) -> None:
    embeddings = pytest.importorskip("llama_index.embeddings.openai", reason="comes with pip install llama-index-embeddings-openai")
    made = embeddings.OpenAIEmbedding(
        model_name="xiwu-embedding", api_base=f"{live.url}/v1", api_key=live.key("llama", chamber="read"), max_retries=0
    )
    assert len(made.get_text_embedding_batch(["drift chamber", "muon"])[1]) == 384
    made._get_client().close()
