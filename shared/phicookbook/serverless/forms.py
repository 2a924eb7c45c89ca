"""The bodies of requests under OpenAI's names, and what each may hold; the OpenAPI page is drawn from these.

    JobForm.model_validate({"model": "pocket", "training_file": "file-..."})

Values are taken as they are ("4" is no number), and a name that the protocol does not have is refused, not ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _whole(value: Any) -> Any:
    """4.0 as 4: JSON has one kind of number, and both are a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Auto = Literal["auto"]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Metadata = Annotated[dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)]


class Form(BaseModel):
    """A JSON object with known names and strict types."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Knobs(Form):
    """The three knobs of supervised fine-tuning."""

    batch_size: Auto | Annotated[Whole, Field(ge=1, le=256)] | None = None
    learning_rate_multiplier: Auto | Annotated[float, Field(gt=0, le=100)] | None = None
    n_epochs: Auto | Annotated[Whole, Field(ge=1, le=50)] | None = None


class PreferenceKnobs(Knobs):
    """The knobs of DPO: `beta` holds the model near its base."""

    beta: Auto | Annotated[float, Field(gt=0, le=2)] | None = None


class Supervised(Form):
    """The supervised method."""

    hyperparameters: Knobs | None = None


class Preference(Form):
    """The DPO method."""

    hyperparameters: PreferenceKnobs | None = None


class Method(Form):
    """How to train; the knobs stand under the method's name."""

    type: Literal["supervised", "dpo"]
    supervised: Supervised | None = None
    dpo: Preference | None = None


class JobForm(Form):
    """A fine-tuning job to create."""

    model: Name
    training_file: Name
    validation_file: Name | None = None
    method: Method | None = None
    hyperparameters: Annotated[Knobs | None, Field(deprecated=True)] = None
    suffix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] | None = None
    seed: Annotated[Whole, Field(ge=0, le=2_147_483_647)] | None = None
    metadata: Metadata | None = None
    integrations: Annotated[list[Any], Field(max_length=0)] | None = None


class Part(Form):
    """A piece of a message's content; only text is read here."""

    type: Literal["text"]
    text: str


class Call(Form):
    """The function that a model wants called, with arguments as JSON text."""

    name: Name
    arguments: str


class ToolCall(Form):
    """A call that an assistant's message holds."""

    id: Name
    type: Literal["function"] = "function"
    function: Call


class ChatMessage(Form):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | Annotated[list[Part], Field(min_length=1)] | None = None
    name: Name | None = None
    tool_calls: Annotated[list[ToolCall], Field(min_length=1)] | None = None
    tool_call_id: Name | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The content as one text."""
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content or [])


class Function(Form):
    """A function that a model may call; `parameters` is a JSON schema."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Form):
    """A tool; functions are the only kind."""

    type: Literal["function"]
    function: Function


class NamedFunction(Form):
    """A function by its name."""

    name: Name


class NamedTool(Form):
    """The tool that must be called."""

    type: Literal["function"]
    function: NamedFunction


class SchemaFormat(Form):
    """A JSON schema with its name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: str | None = None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    strict: bool | None = None


class TextForm(Form):
    """Any text, or any JSON object."""

    type: Literal["text", "json_object"]


class SchemaForm(Form):
    """JSON under a schema."""

    type: Literal["json_schema"]
    json_schema: SchemaFormat


class StreamOptions(Form):
    """What a stream holds beside the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatForm(Form):
    """A chat completion to create. The last group is taken and has no effect on a local model."""

    model: Name
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=2048)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[Whole, Field(ge=1, le=16)] | None = None
    max_tokens: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = None
    max_completion_tokens: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[Whole, Field(ge=0, le=1_000_000)] | None = None
    seed: Annotated[Whole, Field(ge=0, le=9_223_372_036_854_775_807)] | None = None
    stop: Name | Annotated[list[Name], Field(max_length=4)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], Annotated[float, Field(ge=-100, le=100)]] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[Whole, Field(ge=0, le=20)] | None = None
    response_format: TextForm | SchemaForm | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    modalities: Annotated[list[Literal["text"]], Field(max_length=1)] | None = None
    parallel_tool_calls: bool | None = None
    user: str | None = None
    store: Literal[False] | None = None
    metadata: Metadata | None = None
    service_tier: Literal["auto", "default"] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
