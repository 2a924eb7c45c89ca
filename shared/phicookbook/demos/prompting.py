"""The prompting bench: write a prompt from its parts, see whose each token is, sample an answer.

compose("Follow the pattern.", "{x} -> {y}", [("plum", "zop")], "pear")   # "Follow the pattern.\\nplum -> zop\\npear ->"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phicookbook import settings
from phicookbook.chat import Model
from phicookbook.demos.answering import RUN, Later, later, stops, stream, waiting
from phicookbook.demos.page import harmless, shown, told
from phicookbook.models.local import LocalModel
from phicookbook.prompting import roles, sampling
from phicookbook.settings import CookbookError

TITLE = "Prompting"
LONGEST = 4_000  # characters of a prompt
MOST_SHOTS, MOST_ROWS = 8, 8
ARROW = "=>"
# What a button fills in: system message, instruction, line, examples, shots, input. pocket knows tasks like these.
EXAMPLES = {
    "Labels from examples": (
        "", "", "{x} -> {y}",
        "plum => zop\nhammer => kel\ncherry => zop\nsaw => kel\nmango => zop\nwrench => kel", 6, "peach",
    ),
    "A headline": ("", "What is the sentiment of this headline?", "{x}", "", 0, "Contoso recovers from a ransomware attack."),
    "The headline, in one word": (
        "Answer in one word.", "What is the sentiment of this headline?", "{x}", "", 0,
        "Contoso recovers from a ransomware attack.",
    ),
}  # fmt: skip
SAYS = """## The parts of a prompt
The system message, an instruction, some examples and the input become one text under the model's chat template. See each token in
the colour of its role, and what temperature, top-k and top-p do to the first token of the answer."""
FIELDS = ("System message", "Instruction", "Line of an example", "Examples", "Shots", "Input")


def examples_of(text: str) -> list[tuple[str, str]]:
    """(input, label) of each line "input => label". Raises CookbookError naming the first line that is none."""
    pairs = []
    for number, line in enumerate((text or "").splitlines(), start=1):
        if not line.strip():
            continue
        x, arrow, y = (part.strip() for part in line.partition(ARROW))
        if not (x and arrow and y):
            raise CookbookError(f"line {number} of the examples is {line.strip()!r}: write it as input {ARROW} label")
        pairs.append((x, y))
    return pairs


def compose(instruction: str, line: str, pairs: Sequence[tuple[str, str]], query: str) -> str:
    """The user's message: the instruction, each pair with `line`'s {x} and {y} filled in, and the input without its label.

    Raises CookbookError for a line that does not fit, an empty input or a prompt of more than LONGEST characters.
    """
    line, query = line or "", (query or "").strip()
    if "{x}" not in line or (pairs and "{y}" not in line):
        raise CookbookError("the line of an example needs {x} for the input" + (" and {y} for the label" if pairs else ""))
    if not query:
        raise CookbookError("the input is empty: type what the model shall answer to")

    def filled(x: str, y: str) -> str:
        return re.sub(r"\{([xy])\}", lambda found: {"x": x, "y": y}[found[1]], line)

    lines = [*filter(None, [(instruction or "").strip()]), *(filled(x, y) for x, y in pairs), filled(query, "").rstrip()]
    text = "\n".join(lines)
    if len(text) > LONGEST:
        raise CookbookError(f"the prompt has {len(text):,} characters, and {LONGEST:,} are allowed here: shorten it")
    return text


def token_view(model: Model, user: str, system: str = "") -> str:
    """HTML of the prompt's tokens by role, or a sentence where the model's tokenizer is elsewhere."""
    if not hasattr(model, "tokenizer"):
        return f"<p>{shown(model.name)} answers from elsewhere, so its tokens cannot be shown.</p>"
    found = roles.pieces(model.tokenizer, user, system)
    counts = {role: sum(piece.role == role for piece in found) for role in dict.fromkeys(piece.role for piece in found)}
    told_counts = ", ".join(f"{count} {role}" for role, count in counts.items())
    return f"<p>{len(found)} tokens: {told_counts}. The template's are underlined.</p>" + harmless(roles.to_html(found))


def first_tokens(model: Model, user: str, system: str, temperature: float, top_k: int, top_p: float) -> str:
    """HTML table of the likeliest first tokens of the answer, as the model has them and after sampling's settings.

    A sentence instead for a model whose weights are not in this process.
    """
    if not isinstance(model, LocalModel):
        return f"<p>The weights of {shown(model.name)} are elsewhere, so its probabilities cannot be shown.</p>"
    likeliest = sampling.next_tokens(model, user, system)
    chances = [chance for _, chance in likeliest]
    drawn = sampling.reshape(chances, temperature, top_k, top_p) if temperature > 0 else [1.0] + [0.0] * (len(chances) - 1)
    rows = "".join(
        f"<tr><td><code>{shown(repr(token)[1:-1])}</code></td><td>{before:.1%}</td><td>{after:.1%}</td></tr>"
        for (token, before), after in list(zip(likeliest, drawn, strict=True))[:MOST_ROWS]
    )
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("first token", "the model's", "after the settings"))
    return f"<table><tr>{head}</tr>{rows}</table>"


def run(model: Later, parts: Sequence, draws: Sequence) -> Iterator[tuple[str, str, str, str]]:
    """(tokens as HTML, first tokens as HTML, answer so far, its cost) for the values of FIELDS and of the sampling's controls."""
    system, instruction, line, examples, shots, query = parts
    temperature, top_k, top_p, seed, most = draws[0], int(draws[1]), draws[2], int(draws[3] or 0), int(draws[4])
    user = compose(instruction, line, examples_of(examples)[: int(shots)], query)
    system = (system or "").strip()
    if len(system) > LONGEST:
        raise CookbookError(f"the system message has {len(system):,} characters, and {LONGEST:,} are allowed here: shorten it")
    yield "", "", "", waiting(model)
    opened = model.get()
    tokens, table = token_view(opened, user, system), first_tokens(opened, user, system, temperature, top_k, top_p)
    yield tokens, table, "", "reading the prompt ..."
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed, "max_new_tokens": most}
    for text, cost in stream(opened, user, system, **options):
        yield tokens, table, text, cost


def make_demo(model: str | Model = ""):
    """Blocks with the parts of a prompt, the controls of sampling, and what comes of them; by default the model in force."""
    import gradio as gr

    model = later(model or settings.model())
    with gr.Blocks(title=f"Phi Cookbook: {TITLE}", analytics_enabled=False) as demo:
        gr.Markdown(SAYS)
        with gr.Row():
            buttons = [gr.Button(name, elem_classes="example") for name in EXAMPLES]
        with gr.Row():
            with gr.Column(min_width=280):
                parts = _parts()
            with gr.Column(min_width=280):
                draws = _draws()
        with gr.Row():
            ask = gr.Button("Ask", variant="primary")
            stop = gr.Button("Stop")
        answer = gr.Textbox(label=f"Answer of {model.name}", lines=2, interactive=False)
        cost = gr.Textbox(label="What the answer cost", interactive=False)
        tokens = gr.HTML(label="Tokens by role", show_label=True, container=True, elem_classes="panel")
        table = gr.HTML(label="First token of the answer", show_label=True, container=True, elem_classes="panel")
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        for button, values in zip(buttons, EXAMPLES.values(), strict=True):
            button.click(lambda values=values: values, None, parts, **quiet)

        def write(*values):
            yield from run(model, values[: len(FIELDS)], values[len(FIELDS) :])

        outputs = [tokens, table, answer, cost]
        work = gr.on(
            [ask.click, parts[-1].submit], told(write), [*parts, *draws], outputs,
            show_progress="hidden", api_name="prompt", **RUN,
        )  # fmt: skip
        stops(stop, [cost], [work])
    return demo


def _parts() -> list:
    """The controls of FIELDS, with the first example filled in."""
    import gradio as gr

    system, instruction, line, examples, shots, query = next(iter(EXAMPLES.values()))
    return [
        gr.Textbox(system, label=FIELDS[0], max_lines=4, info="Sets the style for the whole conversation; may be empty."),
        gr.Textbox(instruction, label=FIELDS[1], max_lines=4, info="Stands in front of the examples; may be empty."),
        gr.Textbox(line, label=FIELDS[2], max_lines=4, info="{x} is the input, {y} its label."),
        gr.Textbox(examples, label=FIELDS[3], lines=4, max_lines=12, info=f"One a line: input {ARROW} label."),
        gr.Slider(0, MOST_SHOTS, shots, step=1, label=FIELDS[4], info="So many of the examples are shown, from the first on."),
        gr.Textbox(query, label=FIELDS[5], max_lines=4, info="Enter asks."),
    ]


def _draws() -> list:
    import gradio as gr

    return [
        gr.Slider(0, 2, 0, step=0.1, label="Temperature", info="0 takes the likeliest token each time."),
        gr.Slider(0, 100, 0, step=1, label="Top-k", info="Only the k likeliest tokens may be drawn; 0 is off."),
        gr.Slider(0.05, 1, 1, step=0.05, label="Top-p", info="Only the likeliest tokens that together reach p; 1 is off."),
        gr.Number(settings.seed(), label="Seed", precision=0, minimum=0, info="The same seed draws the same answer."),
        gr.Slider(1, 192, 48, step=1, label="Most tokens", info="The answer is cut after so many."),
    ]
