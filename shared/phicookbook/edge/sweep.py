"""Precision against size, speed and accuracy: one row a form, and which rows no other beats.

rows = sweep(merged_folder, FORMS, headlines, Path("sweep")); front(rows)
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from phicookbook.corpora import headlines
from phicookbook.edge.build import build
from phicookbook.edge.form import Form
from phicookbook.edge.need import check, shape_of
from phicookbook.edge.probe import Probe, probe
from phicookbook.edge.sizes import Sizes, sizes
from phicookbook.models.onnx import open_onnx
from phicookbook.statistics import Rate

FORMS = (
    Form("fp32"), Form("int8"), Form("int4", 16), Form("int4", 32), Form("int4", 64),
    Form("int4", 32, "fp32"), Form("int4", 64, "fp32"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A form with its folder, sizes in bytes, headlines right under the policy (`marks` one by one) and the probe."""

    form: Form
    folder: Path
    sizes: Sizes
    marks: list[bool]
    probe: Probe

    @property
    def task(self) -> Rate:
        """The share of headlines that are right."""
        return Rate.of(self.marks)

    def __str__(self) -> str:
        s, p = self.sizes, self.probe
        parts = " ".join(f"{part / 1e6:6.2f}" for part in (s.payload, s.scales, s.embedding, s.total))
        first, memory = p.first_token * 1000, p.memory / 1e6
        return f"{self.form.name:22} {parts} {p.per_cpu_second:7,.0f} {first:7.1f} {memory:7.0f}  {self.task}"


HEAD = "form                   weights scales embed.  total tok/CPUs  1st ms  mem MB  right under the policy"


def sweep(source: Path, forms: Iterable[Form], chosen: Sequence, out: Path, most: int = 24) -> list[Row]:
    """Export a local folder in each form below `out` and measure each; `chosen` are headlines of the policy's case.

    Raises CookbookError for a form that does not fit the model or the machine.
    """
    shape, rows = shape_of(source), []
    for form in forms:
        check(shape, form, out)
        folder = out / form.name.replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        build(source, folder, form, shape.tied)
        model = open_onnx(folder, form.name)
        prompts = [headlines.prompt(each.text) for each in chosen]
        replies = model.chat_many(prompts, max_new_tokens=most)
        marks = [headlines.label_of(r.text) == headlines.policy(h) for r, h in zip(replies, chosen)]
        # the longest continuations that the case has show decoding; a tuned answer is one token
        asked = [model.tokenizer(h.text, add_special_tokens=False)["input_ids"] for h in chosen[:6]]
        rows.append(Row(form, folder, sizes(folder), marks, probe(folder, asked, most)))
    return rows


def front(rows: Sequence[Row]) -> list[Row]:
    """The rows that no other beats: none is both at most as large and more often right, or smaller and as often right."""

    def beaten(row: Row) -> bool:
        size, right = row.sizes.total, row.task.value
        return any(
            other.sizes.total <= size and other.task.value >= right and (other.sizes.total < size or other.task.value > right)
            for other in rows
        )

    return [row for row in rows if not beaten(row)]
