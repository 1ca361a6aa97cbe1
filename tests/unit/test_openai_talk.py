"""A chat body becomes a question, what was asked before it, and a route."""

from __future__ import annotations

import pytest

from api.openai_errors import UnknownModel
from api.openai_schemas import ChatRequest
from api.openai_talk import forwarded, read
from jitl.errors import BadInput


def body(*messages: tuple[str, object], **more: object) -> ChatRequest:
    return ChatRequest.model_validate({"messages": [{"role": role, "content": said} for role, said in messages], **more})


def test_the_last_word_of_the_user_is_the_question_those_before_it_its_history() -> None:
    talk = read(body(("system", "Be brief."), ("user", "What is BOSS?"), ("assistant", "Software."), ("user", "Who keeps it?")))
    assert talk.ask.question == "Who keeps it?"
    assert talk.ask.history == ("What is BOSS?",)
    assert talk.ask.route is None
    assert not talk.mid_call


def test_what_the_caller_wishes() -> None:
    wishes = {"collections": ["bes3"], "release": "7.0.8", "run": 9947, "as_of": "2021-06-30T00:00:00Z"}
    ask = read(body(("user", "What is BOSS?"), model="xiwu-hep-code", jitl=wishes)).ask
    assert (ask.collections, ask.release, ask.run, ask.route) == (["bes3"], "7.0.8", 9947, "hep_code")
    assert ask.as_of is not None
    assert ask.as_of.year == 2021


@pytest.mark.parametrize(
    "wrapped",
    [
        "### Task:\nAnswer with the context.\n<context>\n<source id='1'>Helium.</source>\n</context>\n\nWhat is BOSS?",
        "### Task:\nAnswer.\n<context>x</context>\n<user_query>\nWhat is BOSS?\n</user_query>\n",
    ],
)
def test_a_question_that_a_frontend_wrapped(wrapped: str) -> None:
    assert read(body(("user", wrapped))).ask.question == "What is BOSS?"


def test_what_is_no_question() -> None:
    with pytest.raises(BadInput):
        read(body(("assistant", "Hello.")))
    with pytest.raises(BadInput):
        read(body(("user", "  ")))
    with pytest.raises(BadInput, match="input_audio"):
        read(body(("user", [{"type": "input_audio", "input_audio": {}}])))
    with pytest.raises(UnknownModel):
        read(body(("user", "x"), model="other"))


def test_an_image_long_ago_does_not_end_a_conversation() -> None:
    image = [{"type": "image_url", "image_url": {"url": "x"}}]
    assert read(body(("user", image), ("assistant", "A cat."), ("user", "What is BOSS?"))).ask.history == ()


def test_a_model_is_sent_what_the_protocol_knows() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asked = ChatRequest.model_validate(
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Rain?"}]},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c", "content": "yes"},
            ],
            "tools": [{"type": "function"}],
            "temperature": 0.2,
            "keep_alive": "5m",
            "stream": True,
            "jitl": {"collections": ["bes3"]},
        }
    )
    talk = read(asked)
    assert talk.mid_call
    assert forwarded(asked, talk) == {
        "messages": [
            {"role": "user", "content": "Rain?"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "yes"},
        ],
        "tools": [{"type": "function"}],
        "temperature": 0.2,
    }
