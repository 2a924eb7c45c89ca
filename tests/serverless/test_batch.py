"""The batch: requests join and leave, adapters are mixed, loaded anew and let go, and each answer is what it is alone."""

from __future__ import annotations

import os
import shutil

import pytest

from phicookbook.models.local import open_folder
from phicookbook.serverless.errors import ApiError
from phicookbook.serverless.serving import adapters as beside
from phicookbook.serverless.serving.batch import Batch
from phicookbook.serverless.serving.sampling import Options

TEXTS = ["Is it?", "The system was breached, says Contoso.", "positive", "What is the sentiment of this headline? negative"]
TOOLS = "{% if tools %}{{ tools[0]['function']['name'] }}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}"


@pytest.fixture
def opened(tiny_folder):
    return open_folder(tiny_folder, "tiny")


def greedy(tokens: int = 12) -> Options:
    return Options(max_tokens=tokens, temperature=0)


def talk(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def drain(batch: Batch, found: dict) -> dict:
    while batch.busy:
        for event in batch.step():
            found[event["id"]] = found.get(event["id"], "") + event.get("text", "")
    return found


def test_rows_that_join_late_answer_as_if_alone(opened):
    batch, found = Batch(opened), {}
    for place, text in enumerate(TEXTS * 3):
        batch.add(str(place), talk(text), greedy(4 + place))
        for event in batch.step():
            found[event["id"]] = found.get(event["id"], "") + event.get("text", "")
    drain(batch, found)
    for place, text in enumerate(TEXTS * 3):
        assert found[str(place)] == opened.chat(text, max_new_tokens=4 + place).text
    assert not batch.busy and batch.cache is None


def test_adapters_and_base_in_one_batch(opened, adapters):
    alone = {str(folder): open_folder(folder, "one") for folder in adapters} | {
        "": open_folder(opened.model.name_or_path, "base")
    }
    wanted = {(name, text): model.chat(text, max_new_tokens=12).text for name, model in alone.items() for text in TEXTS}
    batch = Batch(opened)
    for name, text in wanted:
        batch.add(f"{name}|{text}", talk(text), greedy(), name)
    found = drain(batch, {})
    assert {(name, text): found[f"{name}|{text}"] for name, text in wanted} == wanted
    assert len(set(wanted.values())) > len(TEXTS)


def test_adapters_that_are_not_used_are_let_go(opened, adapters, monkeypatch):
    monkeypatch.setattr(beside, "MOST", 2)
    batch = Batch(opened)
    for folder in [*adapters, adapters[0]]:
        batch.add("x", talk("Is it?"), greedy(2), str(folder))
        drain(batch, {})
    assert [key.rpartition("@")[0] for key in batch.adapters.names] == [str(adapters[2]), str(adapters[0])]
    batch.add("x", talk("Is it?"), greedy(2), str(adapters[0]))
    batch.unload(str(adapters[0]))
    assert len(batch.adapters.names) == 2, "a request is using it"
    drain(batch, {})
    batch.unload(str(adapters[0]))
    assert [key.rpartition("@")[0] for key in batch.adapters.names] == [str(adapters[2])]


def test_a_replaced_adapter_is_read_anew(opened, adapters, tmp_path):
    place = shutil.copytree(adapters[0], tmp_path / "mine")
    batch = Batch(opened)
    batch.add("a", talk(TEXTS[1]), greedy(), str(place))
    first = drain(batch, {})["a"]
    shutil.copyfile(adapters[1] / "adapter_model.safetensors", place / "adapter_model.safetensors")
    os.utime(place / "adapter_model.safetensors", ns=(1, 1))
    batch.add("b", talk(TEXTS[1]), greedy(), str(place))
    second = drain(batch, {})["b"]
    assert second != first and second == open_folder(adapters[1], "other").chat(TEXTS[1], max_new_tokens=12).text


def test_a_folder_that_went_is_told(opened, tmp_path):
    with pytest.raises(ApiError, match="may have just been deleted") as told:
        Batch(opened).add("a", talk("Hi"), greedy(), str(tmp_path))
    assert told.value.status == 404


def test_an_adapter_of_another_base_is_told_whose_it_is(small_folder, adapters, tiny_folder):
    with pytest.raises(ApiError, match=f"does not fit this service's base .* it was tuned from {tiny_folder}") as told:
        Batch(open_folder(small_folder, "small")).add("a", talk("Hi"), greedy(), str(adapters[0]))
    assert (told.value.status, told.value.body["code"]) == (409, "model_not_supported")


def test_who_leaves_takes_nothing_along(opened):
    batch, found = Batch(opened), {}
    for place, text in enumerate(TEXTS):
        batch.add(str(place), talk(text), greedy())
    batch.step()
    batch.add("late", talk(TEXTS[0]), greedy())
    for gone in ("1", "late"):
        batch.drop(gone)
    for event in batch.step():
        found[event["id"]] = event.get("text", "")
    drain(batch, found)
    assert not {"1", "late"} & set(found)


def test_a_template_with_a_place_for_tools_gets_them(opened):
    opened.tokenizer.chat_template = TOOLS
    batch = Batch(opened)
    options = Options(max_tokens=2, tools=[{"type": "function", "function": {"name": "mark", "parameters": {}}}])
    assert opened.tokenizer.decode(batch._prompt(talk("Hi"), options)) == "markHi"
    assert opened.tokenizer.decode(batch._prompt([*talk("Hi"), {"role": "tool", "content": "3"}], options)) == "markHi3"


def test_a_prompt_that_does_not_fit_is_told(opened):
    with pytest.raises(ApiError, match="the model holds 256: shorten the messages"):
        Batch(opened).add("a", talk("positive " * 300), greedy())
