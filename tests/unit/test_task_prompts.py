"""What frontends ask of a model for themselves is told from what people ask, and answered by rule where there is no model."""

from __future__ import annotations

import json

import pytest

from api.task_prompts import Task, recognise
from api.task_replies import reply

TALK = """<chat_history>
USER: How do I calibrate the drift chamber with cosmic rays?
It should work for BOSS 7.0.8.
ASSISTANT: Take a cosmic run first [1].
USER: And which BOSS release has the drift chamber job?
</chat_history>"""


def structured(order: str, output: str) -> str:
    """Our words, a frontend's headings and markers."""
    return f"### Task:\n{order}\n### Guidelines:\n- Keep to the language of the talk.\n### Output:\n{output}\n### Chat History:\n{TALK}"


PROMPTS = {
    Task.TITLE: structured("Find a name of a few words for this talk.", 'JSON format: { "title": "a name" }'),
    Task.TAGS: structured("Sort the talk under one to three subjects.", 'JSON format: { "tags": ["one", "two"] }'),
    Task.FOLLOW_UPS: structured("Think of what could be asked next.", 'JSON format: { "follow_ups": ["A?", "B?"] }'),
    Task.QUERIES: structured("Decide what to look for on the web.", 'Only this JSON:\n{\n  "queries": ["one", "two"]\n}'),
    Task.IMAGE: structured("Describe a picture for this.", 'Only this JSON:\n{\n    "prompt": "..."\n}'),
    Task.AUTOCOMPLETE: (
        '### Task:\nGo on with what stands in `<text>`.\n### **Output Rules**:\n- Only JSON: `{ "text": "..." }`.\n'
        '### **Examples**:\n<type>General</type>\n<text>The beam was</text>\nOutput:\n{ "text": "stable." }\n'
        f"### Context:\n{TALK}\n<type>General</type>\n<text>The drift chamber needs</text>\n#### Output:\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("task", PROMPTS)
def test_a_task_is_known_by_its_structure(task: Task) -> None:
    found = recognise([("user", PROMPTS[task])])
    assert found is not None
    assert found.task is task
    assert found.json
    assert found.asked[0] == "How do I calibrate the drift chamber with cosmic rays?\nIt should work for BOSS 7.0.8."


@pytest.mark.parametrize("task", PROMPTS)
def test_the_reply_is_the_json_that_was_asked_for(task: Task) -> None:
    value = json.loads(reply(recognise([("user", PROMPTS[task])])))
    assert list(value) == [str(task)]


def test_replies_speak_of_the_conversation() -> None:
    made = {task: json.loads(reply(recognise([("user", prompt)])))[str(task)] for task, prompt in PROMPTS.items()}
    assert made[Task.TITLE] == "Calibrate the drift chamber with cosmic"
    assert made[Task.TAGS][0] == "drift chamber"
    assert "BOSS 7.0.8" in made[Task.TAGS]
    assert len(made[Task.FOLLOW_UPS]) == 3
    assert "BOSS" in " ".join(made[Task.FOLLOW_UPS])
    assert made[Task.QUERIES] == ["And which BOSS release has the drift chamber job?"]
    assert made[Task.AUTOCOMPLETE] == ""


def test_in_chinese_too() -> None:
    talk = "<chat_history>\nUSER: 漂移室的动量分辨率是多少？\nASSISTANT: 0.5%。[1]\n</chat_history>"
    title = recognise([("user", f"### Task:\n为对话起一个标题。\n### Output:\n只给出标题。\n### Chat History:\n{talk}")])
    assert title is not None
    assert not title.json
    assert reply(title) == "漂移室的动量分辨率是多少"
    tags = recognise([("user", f'### Task:\n给出标签。\n### Output:\nJSON: {{ "tags": ["一"] }}\n{talk}')])
    assert set(json.loads(reply(tags))["tags"]) == {"漂移室", "动量分辨率"}


def test_a_title_asked_for_in_a_sentence() -> None:
    talk = [("user", "What gas does the muon counter use?"), ("assistant", "Argon [1].")]
    order = "Give this conversation a title of at most five words, without punctuation or quotation marks."
    found = recognise([*talk, ("user", order)])
    assert found is not None
    assert reply(found) == "Gas does the muon counter use"
    assert recognise([("system", order), ("user", "What gas does the muon counter use?")]) is not None
    assert reply(recognise([("user", f"{order}\n\nUser: What gas does the muon counter use?\nAI: Argon.")])) == reply(found)
    assert recognise([("user", order)]) is None
    chinese = recognise(
        [("user", "漂移室的动量分辨率是多少？"), ("assistant", "0.5%"), ("user", "用五个字以内给这句话起个主题，不要标点。")]
    )
    assert reply(chinese) == "漂移室的动量分辨率是多少"


def test_tools_are_chosen_by_nobody_where_there_is_no_model() -> None:
    system = 'Available Tools: [{"name": "weather"}]\nReply with {"tool_calls": [{"name": "...", "parameters": {}}]} and nothing else.'
    found = recognise([("system", system), ("user", "Query: Is it raining at the lab?")])
    assert json.loads(reply(found)) == {"tool_calls": []}


ASKED = (
    "What does the key `title` mean in the task list of the run database?",
    'Our config holds { "title": "x", "tags": [] }. What is the trigger rate?',
    "### Task:\nSelect events with two muons.\n### Output:\nan ntuple\nHow do I write this with BOSS?",
    '### Task:\nAnswer with the context.\n<context>\n<source id="1">{ "title": "Trigger" }</source>\n</context>\nWhat is the rate?',
    "What is the topic of the next collaboration meeting?",
    "How are follow-ups of a review tracked?",
    "What does <chat_history> mean in a prompt?",
    "会议的题目是什么？",
)  # fmt: skip


@pytest.mark.parametrize("question", ASKED)
def test_what_people_ask_is_no_task(question: str) -> None:
    assert recognise([("user", question)]) is None
    assert recognise([("user", "Hello"), ("assistant", "Hello"), ("user", question)]) is None


def test_the_conversation_itself_sets_no_task() -> None:
    talk = TALK.replace("And which", '{ "queries": [] } And which')
    assert recognise([("user", f"Here is a log:\n{talk}\nWhat went wrong?")]) is None
