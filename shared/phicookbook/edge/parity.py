"""Does an export say what PyTorch says? Logits, greedy tokens and a task's accuracy, side by side.

found = compare(pytorch_model, onnx_model, folder, items=40)
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from phicookbook.corpora import headline_data, headlines
from phicookbook.models.onnx import CONFIG
from phicookbook.statistics import Rate

LOGITS_APART = 1e-3  # fp32 sums in another order differ by about 1e-5 on pocket; a real difference is of the order of 1
MOST_TOKENS = 24


@dataclass(frozen=True)
class Parity:
    """How an export compares with PyTorch.

    `logits` is the largest difference at any position, `top` the share of positions with the same most likely token,
    `greedy` the share of greedy answers that are equal in text, number of tokens and end; `pytorch` and `onnx` are headlines
    right under the policy.
    """

    logits: float
    top: Rate
    greedy: Rate
    pytorch: Rate
    onnx: Rate

    @property
    def same(self) -> bool:
        """Whether it is the same model up to rounding."""
        return self.logits <= LOGITS_APART and self.greedy.value == 1.0

    def to_dict(self) -> dict:
        """For a report."""
        return asdict(self) | {"same": self.same}

    def __str__(self) -> str:
        return (
            f"largest logit difference {self.logits:.2g}, same top token {self.top}, same answers {self.greedy}, "
            f"task {self.pytorch} in PyTorch and {self.onnx} in ONNX"
        )


def compare(pytorch, onnx, folder: Path, items: int = 40) -> Parity:
    """Both models on the same `items` headlines of the validation side; logits are PyTorch's prompts and answers."""
    chosen = headline_data.draw("validation", items)
    prompts = [headlines.prompt(each.text) for each in chosen]
    want = pytorch.chat_many(prompts, max_new_tokens=MOST_TOKENS)
    have = onnx.chat_many(prompts, max_new_tokens=MOST_TOKENS)
    rows = [
        pytorch.prompt_ids(prompt, "", MOST_TOKENS) + pytorch.tokenizer(reply.text, add_special_tokens=False)["input_ids"]
        for prompt, reply in list(zip(prompts, want))[:8]
    ]
    apart, agree = _logits_apart(pytorch, folder, rows, onnx.adapters.get(onnx.adapter))
    marks = [(w.text, w.tokens, w.finished) == (h.text, h.tokens, h.finished) for w, h in zip(want, have)]
    task = [Rate.of(headlines.label_of(r.text) == headlines.policy(h) for r, h in zip(said, chosen)) for said in (want, have)]
    return Parity(apart, Rate.of(agree), Rate.of(marks), *task)


def _logits_apart(pytorch, folder: Path, rows: list[list[int]], adapter: Path | None) -> tuple[float, list[bool]]:
    """(largest difference, same top token by position) over some rows of token ids."""
    import numpy as np
    import torch

    run = session_of(folder, adapter)
    apart, agree = 0.0, []
    for row in rows:
        ids = torch.tensor([row], device=pytorch.model.device)
        with torch.inference_mode():
            want = pytorch.model(input_ids=ids).logits[0].float().cpu().numpy()
        have = run(row)
        apart = max(apart, float(np.abs(want - have).max()))
        agree += (want.argmax(-1) == have.argmax(-1)).tolist()
    return apart, agree


def session_of(folder: Path, adapter: Path | None = None):
    """A function from a row of token ids to logits of shape (tokens, vocabulary): the exported graph itself, in one thread."""
    import numpy as np
    import onnxruntime as ort

    about = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model"]["decoder"]
    empty = np.zeros((1, about["num_key_value_heads"], 0, about["head_size"]), dtype=np.float32)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(str(folder / about["filename"]), options, providers=["CPUExecutionProvider"])
    pasts = [each.name for each in session.get_inputs() if each.name.startswith("past_key_values")]
    fixed = dict.fromkeys(pasts, empty)
    if adapter:
        file = ort.AdapterFormat.read_adapter(str(adapter))  # its arrays live no longer than it does
        fixed |= {name: value.numpy().copy() for name, value in file.get_parameters().items()}

    def run(row: list[int]):
        ids = np.array([row], dtype=np.int64)
        return session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)} | fixed)[0][0]

    return run
