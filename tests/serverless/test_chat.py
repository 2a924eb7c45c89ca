"""Chat completions through the official client: whole, streamed, counted, under a schema, with a function to call."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel
from service_client import QUESTION, connect, ended, tune, upload

from phicookbook.corpora import headline_data, headlines
from phicookbook.models import open_model
from phicookbook.serverless import pricing

SCHEMA = {
    "type": "object", "properties": {"label": {"enum": ["good", "bad"]}, "sure": {"type": "boolean"}},
    "required": ["label", "sure"], "additionalProperties": False,
}  # fmt: skip
TOOL = {"type": "function", "function": {"name": "mark", "description": "Mark a headline.", "parameters": SCHEMA}}


def ask(client, **form):
    return client.chat.completions.create(**({"model": "pocket", "messages": QUESTION, "temperature": 0} | form))


@pytest.fixture(scope="module")
def pocket():
    return open_model("pocket")


def test_an_answer_is_the_model_s_own(client, pocket):
    done = ask(client)
    assert ChatCompletion.model_validate(done.to_dict(), strict=True)
    reply = pocket.chat(QUESTION)
    choice = done.choices[0]
    assert choice.message.content == reply.text and choice.finish_reason == "stop" and choice.message.role == "assistant"
    assert done.usage.prompt_tokens == reply.prompt_tokens and done.usage.total_tokens == sum(
        (done.usage.prompt_tokens, done.usage.completion_tokens)
    )


def test_a_stream_brings_the_same_in_pieces(client):
    whole = ask(client).choices[0].message.content
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    for chunk in chunks:
        assert ChatCompletionChunk.model_validate(chunk.to_dict(), strict=True)
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(piece or "" for piece in pieces) == whole and len([p for p in pieces if p]) > 5
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 5
    assert all(chunk.usage is None for chunk in chunks[:-1])
    with client.chat.completions.stream(model="pocket", messages=QUESTION, temperature=0) as stream:
        assert stream.get_final_completion().choices[0].message.content == whole


def test_fifty_streams_at_once_all_end_as_if_alone(client, pocket):
    chosen = headline_data.draw("validation", 50)
    texts = [headlines.prompt(h.text) for h in chosen]

    def one(text: str) -> str:
        chunks = ask(client, messages=[{"role": "user", "content": text}], stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, texts))
    assert [answer.strip() for answer in answers] == [reply.text for reply in pocket.chat_many(texts)]


def test_two_hundred_requests_at_once_are_all_answered(client):
    def one(number: int) -> int:
        if number % 4 == 0:
            return len(client.models.list().data)
        if number % 4 == 1:
            return upload(client, name=f"{number}.jsonl").bytes
        if number % 20 == 2:  # told at once and failed soon: its only row is none
            return len(tune(client, b"{}").id)
        if number % 4 == 2:
            return len(list(client.fine_tuning.jobs.list(limit=5).data)) + 1
        return ask(client, max_tokens=3, temperature=1, seed=number).usage.completion_tokens

    with ThreadPoolExecutor(200) as pool:
        assert all(found > 0 for found in pool.map(one, range(200)))
    kept = {file.filename for file in client.files.list(limit=1_000)}
    assert {f"{number}.jsonl" for number in range(1, 200, 4)} <= kept


def test_base_and_adapters_share_a_batch(client, tuned):
    """The same question to three models at once gives each model's own answer."""
    last = client.fine_tuning.jobs.checkpoints.list(tuned.id).data[-1].fine_tuned_model_checkpoint
    models = ["pocket", tuned.fine_tuned_model, last]
    messages = [{"role": "user", "content": "Is 3 good?"}]
    alone = {model: ask(client, model=model, messages=messages, max_tokens=12).choices[0].message.content for model in models}
    with ThreadPoolExecutor(30) as pool:
        found = list(
            pool.map(
                lambda m: (m, ask(client, model=m, messages=messages, max_tokens=12).choices[0].message.content), models * 10
            )
        )
    assert all(text == alone[model] for model, text in found)
    assert alone["pocket"] != alone[tuned.fine_tuned_model]


def test_an_answer_keeps_to_a_schema(client):
    class Mark(BaseModel):
        label: str
        sure: bool

    form = {"type": "json_schema", "json_schema": {"name": "mark", "schema": SCHEMA, "strict": True}}
    for temperature in (0, 1.5):
        values = json.loads(ask(client, response_format=form, temperature=temperature, seed=3).choices[0].message.content)
        assert set(values) == {"label", "sure"} and values["label"] in ("good", "bad")
    parsed = client.chat.completions.parse(model="pocket", messages=QUESTION, response_format=Mark, temperature=0, max_tokens=64)
    assert parsed.choices[0].finish_reason == "length" or isinstance(parsed.choices[0].message.parsed, Mark)
    streamed = ask(client, response_format=form, stream=True)
    assert json.loads("".join(chunk.choices[0].delta.content or "" for chunk in streamed))["label"] in ("good", "bad")
    some = ask(client, response_format={"type": "json_object"}, max_tokens=40).choices[0]
    assert some.message.content.startswith("{")
    assert ask(client, response_format={"type": "text"}).choices[0].message.content == ask(client).choices[0].message.content
    with pytest.raises(openai.BadRequestError, match="schema"):
        bad = {"name": "x", "schema": {"type": "no such type"}}
        ask(client, response_format={"type": "json_schema", "json_schema": bad})


def test_a_named_function_is_called_under_its_schema(client):
    choice = {"type": "function", "function": {"name": "mark"}}
    done = ask(client, tools=[TOOL], tool_choice=choice).choices[0]
    call = done.message.tool_calls[0]
    assert call.function.name == "mark" and json.loads(call.function.arguments)["label"] in ("good", "bad")
    assert done.message.content is None
    assert ask(client, tools=[TOOL], tool_choice="required").choices[0].message.tool_calls[0].function.name == "mark"
    chunks = [chunk.choices[0] for chunk in ask(client, tools=[TOOL], tool_choice=choice, stream=True)]
    parts = [part for chunk in chunks for part in chunk.delta.tool_calls or []]
    assert parts[0].function.name == "mark" and parts[0].id
    assert json.loads("".join(part.function.arguments for part in parts)) == json.loads(call.function.arguments)
    assert ask(client, tools=[TOOL], tool_choice="none").choices[0].message.content


def test_a_model_that_was_not_taught_tools_says_so(client):
    with pytest.raises(openai.BadRequestError, match="was not taught to call tools: name one function") as told:
        ask(client, tools=[TOOL])
    assert (told.value.param, told.value.code) == ("tools", "unsupported_parameter")
    for form in (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}},
        {"tool_choice": "required"},
        {"tools": [TOOL, {"type": "function", "function": {"name": "b"}}], "tool_choice": "required"},
        {"messages": [*QUESTION, {"role": "tool", "tool_call_id": "c", "content": "1"}]},
    ):
        with pytest.raises(openai.BadRequestError):
            ask(client, **form)


def test_the_seed_decides_a_draw(client):
    def drawn(seed: int) -> str:
        return ask(client, temperature=1.5, seed=seed, max_tokens=20).choices[0].message.content

    assert drawn(1) == drawn(1) and len({drawn(seed) for seed in range(6)}) > 1
    several = ask(client, temperature=1.5, seed=1, max_tokens=20, n=3).choices
    assert [choice.index for choice in several] == [0, 1, 2] and several[0].message.content == drawn(1)
    pieces: dict[int, str] = {}
    for chunk in ask(client, temperature=1.5, seed=1, max_tokens=20, n=3, stream=True):
        for choice in chunk.choices:
            pieces[choice.index] = pieces.get(choice.index, "") + (choice.delta.content or "")
    assert [pieces[i] for i in range(3)] == [choice.message.content for choice in several]


def test_what_shapes_an_answer(client):
    whole = ask(client).choices[0].message.content
    cut = ask(client, max_tokens=3).choices[0]
    assert cut.finish_reason == "length" and whole.startswith(cut.message.content)
    stopped = ask(client, stop=[" positive", "zzz"]).choices[0]
    assert stopped.finish_reason == "stop" and stopped.message.content == whole.split(" positive")[0]
    assert ask(client, max_completion_tokens=3).usage.completion_tokens == 3
    listed = [{"role": "user", "content": [{"type": "text", "text": QUESTION[0]["content"]}]}]
    assert ask(client, messages=listed).choices[0].message.content == whole
    probable = ask(client, logprobs=True, top_logprobs=2, max_tokens=4).choices[0].logprobs.content
    assert len(probable) == 4 and all(len(t.top_logprobs) == 2 and t.logprob == t.top_logprobs[0].logprob <= 0 for t in probable)
    assert "".join(t.token for t in probable) == ask(client, max_tokens=4).choices[0].message.content
    assert ask(client, presence_penalty=2, frequency_penalty=2).choices[0].message.content
    assert ask(client, temperature=1, top_p=1e-6, seed=1).choices[0].message.content == whole
    assert ask(client, temperature=1, extra_body={"top_k": 1}).choices[0].message.content == whole


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": "word " * 3000}]}, "messages"),
        ({"max_tokens": 5000}, "messages"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 17}, "n"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logit_bias": {"a": 1}}, "logit_bias"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"extra_body": {"flavour": 1}}, "flavour"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_request_names_its_field(client, form, param, stream):
    if stream and "stream_options" in form:
        form = {"stream_options": {"include_usage": 3}}
    with pytest.raises(openai.BadRequestError) as told:
        ask(client, **form, **({"stream": True} if stream else {}))
    assert told.value.param.startswith(param)


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        ({"content": b"{"}, 400, "The body is no JSON: send one object as application/json"),
        ({"content": b'{"model": "pocket"}', "headers": {"content-type": "text/plain"}}, 400, "The body is no JSON"),
        ({"content": b'{"a":' * 50_000}, 400, "parsing the body"),
        ({"content": b'{"model": "\xff"}'}, 400, "parsing the body"),
        ({"content": b" " * 33_600_000}, 413, "more than 33,554,432 bytes"),
        ({"content": (b" " * 1_000_000 for _ in range(36))}, 413, "more than 33,554,432 bytes"),
    ],
)
def test_a_body_that_is_none_is_told(service, sent, status, told):
    import httpx

    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{service.url}/chat/completions", timeout=60, **({"headers": headers} | sent))
    assert answer.status_code == status and told in answer.json()["error"]["message"]


def test_a_text_that_no_model_holds_is_refused_before_it_is_read(client, pocket):
    """Twenty million letters took half a minute to tokenize, and all others waited. None of fewer tokens is refused so."""
    with pytest.raises(openai.BadRequestError, match="20,000,0.. characters; the model holds 1,024 tokens: shorten them") as told:
        ask(client, messages=[{"role": "user", "content": "x" * 20_000_000}])
    assert told.value.code == "context_length_exceeded" and told.value.param == "messages"
    vocabulary = pocket.tokenizer.get_vocab()
    word = max(vocabulary, key=len)  # the text of fewest tokens for its length: its longest word again and again
    text = pocket.tokenizer.decode([vocabulary[word]]) * (pocket.context - 40)
    assert ask(client, messages=[{"role": "user", "content": text}], max_tokens=1).usage.prompt_tokens > 900


def test_a_client_that_leaves_frees_its_place(client):
    for _ in range(5):
        with ask(client, stream=True, max_tokens=500, temperature=1) as stream:
            next(iter(stream))
    assert ask(client, max_tokens=3).usage.completion_tokens == 3


def test_an_unknown_model_is_told(client):
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError, match="No such model") as told:
            ask(client, model="gpt-9", stream=stream)
        assert told.value.param == "model"


def test_the_book_s_own_endpoint_speaks_with_it(service, pocket):
    there = open_model(f"{service.url}#pocket")
    text = QUESTION[0]["content"]
    assert there.chat(text).text == pocket.chat(text).text
    assert "".join(there.stream(text)) == there.chat(text).text
    assert json.loads(there.chat(text, schema=SCHEMA).text)["label"] in ("good", "bad")


def test_a_stream_without_the_client_library_ends_with_done(service):
    import httpx

    form = {"model": "pocket", "messages": QUESTION, "stream": True, "max_tokens": 2}
    answer = httpx.post(f"{service.url}/chat/completions", json=form, timeout=60)
    assert answer.headers["content-type"].startswith("text/event-stream") and answer.text.endswith("data: [DONE]\n\n")


def test_models_are_listed_deleted_and_metered(client, tuned, service):
    names = [model.id for model in client.models.list()]
    assert names[0] == "pocket" and tuned.fine_tuned_model in names
    assert client.models.retrieve("pocket").owned_by == "phicookbook"
    assert client.models.retrieve(tuned.fine_tuned_model).id == tuned.fine_tuned_model
    used = client.get("/usage", cast_to=object)
    before = used["pocket"]["requests"]
    bill = pricing.metered(pricing.load(), used[tuned.fine_tuned_model])
    assert bill.parts["training"] == pytest.approx(3.0 * tuned.trained_tokens / 1e6) and bill.parts["hosting"] > 0
    assert used[tuned.fine_tuned_model]["trained_tokens"] == tuned.trained_tokens
    done = ask(client)
    after = client.get("/usage", cast_to=object)["pocket"]
    assert after["requests"] == before + 1 and after["completion_tokens"] >= done.usage.completion_tokens
    gone = ended(client, tune(client).id).fine_tuned_model  # of a job of its own: other tests ask tuned's
    assert client.models.delete(gone).deleted
    assert gone not in [model.id for model in client.models.list()]
    for work in (client.models.retrieve, client.models.delete, lambda m: ask(client, model=m)):
        with pytest.raises(openai.NotFoundError):
            work(gone)
    with pytest.raises(openai.PermissionDeniedError, match="is the base"):
        client.models.delete("pocket")


def test_a_folder_is_deployed_and_deleted_while_the_service_runs(client, tuned, service, tmp_path):
    import shutil

    from phicookbook.serverless.deploy import deploy
    from phicookbook.serverless.store import Store

    data = service.log.parent
    store = Store(data)
    folder = shutil.copytree(Path(store.served(tuned.fine_tuned_model).folder), tmp_path / "exported")
    store.close()
    deploy(data, "headlines", folder)
    assert (
        ask(client, model="headlines").choices[0].message.content
        == ask(client, model=tuned.fine_tuned_model).choices[0].message.content
    )
    assert client.models.delete("headlines").deleted and folder.exists()


def test_a_whole_model_answers_beside_the_base_and_its_adapters(client, tuned, service, pocket):
    """A folder with all weights, as managed training leaves one when it merges its adapter."""
    from phicookbook import settings
    from phicookbook.serverless.deploy import deploy

    deploy(service.log.parent, "whole", settings.bundled()["pocket-reasoning"])
    with ThreadPoolExecutor(3) as pool:
        names = ("whole", tuned.fine_tuned_model, "pocket")
        answers = dict(
            zip(names, pool.map(lambda name: ask(client, model=name, max_tokens=20).choices[0].message.content, names))
        )
    alone = {"whole": open_model("pocket-reasoning"), "pocket": pocket}
    assert {name: answers[name] for name in alone} == {
        name: one.chat(QUESTION, max_new_tokens=20).text for name, one in alone.items()
    }
    assert answers["whole"] != answers["pocket"]
    assert client.models.delete("whole").deleted
    with pytest.raises(openai.NotFoundError):
        ask(client, model="whole")


def test_a_wrong_key_and_a_web_page_are_turned_away(tmp_path, quiet_environment, service):
    import httpx

    assert httpx.get(f"{service.url}/models", headers={"Origin": "https://example.org"}).json()["error"]["code"] == "not_loopback"
    assert httpx.get(f"{service.url}/models", headers={"Host": "example.org"}).status_code == 403
    assert httpx.get(f"{service.url}/nothing").json()["error"]["message"].startswith("No such route")
    assert httpx.put(f"{service.url}/models").json()["error"]["type"] == "invalid_request_error"
    from phicookbook.serverless import start

    guarded = start(tmp_path / "guarded", "--most-megabytes", "1", "--host", "0.0.0.0", key="right")
    try:
        bare = httpx.get(f"{guarded.url}/models")
        assert bare.status_code == 401 and bare.json()["error"]["code"] == "invalid_api_key"
        for key in ("wrong", "", "rightx"):
            with pytest.raises(openai.AuthenticationError) as told:
                connect(guarded.url, key or "none").models.list()
            assert told.value.code == "invalid_api_key"
        right = connect(guarded.url, "right")
        assert [model.id for model in right.models.list()] == ["pocket"]
        with pytest.raises(openai.APIStatusError, match="more than 1,048,576 bytes") as told:
            right.files.create(file=("big.jsonl", b"x" * 6_000_000), purpose="fine-tune")
        assert told.value.status_code == 413 and not list((tmp_path / "guarded" / "files").iterdir())
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
        endless = (piece for piece in [head, *[b"x" * 65536] * 40])  # no length is told before: it is counted as it comes
        kinds = {"Content-Type": "multipart/form-data; boundary=b", "Authorization": "Bearer right"}
        answer = httpx.post(f"{guarded.url}/files", content=endless, headers=kinds, timeout=60)
        assert answer.status_code == 413 and answer.json()["error"]["code"] == "file_too_large"
    finally:
        guarded.stop()
