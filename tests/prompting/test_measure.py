"""Measuring a technique: the replies, the rate, the costs, and the table.

pytest tests/prompting/test_measure.py
"""

from __future__ import annotations

import pytest

from phicookbook import corpora
from phicookbook.chat import Reply
from phicookbook.corpora.sample import Sample, conversation
from phicookbook.prompting import measure


class Parrot:
    """A model that says what it was given to say, and keeps what it was asked."""

    name = "parrot"

    def __init__(self, *says: str):
        self.says, self.asked = says, []

    def chat_many(self, conversations, system="", **generation):
        self.asked = list(conversations)
        return [
            Reply.from_text(text, tokens=len(text.split()), prompt_tokens=10, seconds=0.5)
            for text, _ in zip(self.says, conversations, strict=True)
        ]


SAMPLES = [
    Sample("sums", conversation("1 + 1", "<think>\none more\n</think>\n2", "Think.")),
    Sample("sums", conversation("2 + 2", "4")),
]


def test_thinking_does_not_count_as_the_answer():
    outcome = measure.run("parrot", Parrot("<think>\nno idea\n</think>\n2", "five"), SAMPLES)
    assert outcome.right == [True, False]
    assert outcome.rate.value == 0.5 and outcome.read == 10 and outcome.seconds == 0.5
    assert outcome.written == pytest.approx((5 + 1) / 2)


@pytest.mark.parametrize(
    "system, heads", [(None, ["Think.", None]), ("", [None, None]), ("Be brief.", ["Be brief.", "Be brief."])]
)
def test_the_system_message_is_kept_dropped_or_replaced(system, heads):
    model = Parrot("2", "4")
    measure.run("parrot", model, SAMPLES, system)
    assert [m[0]["content"] if m[0]["role"] == "system" else None for m in model.asked] == heads
    assert [m[-1]["content"] for m in model.asked] == ["1 + 1", "2 + 2"]


def test_a_scorer_of_ones_own():
    outcome = measure.run("parrot", Parrot("a", "bb"), SAMPLES, right=lambda sample, reply: len(reply.text) == 2)
    assert outcome.right == [False, True]


def test_the_table_names_every_technique_and_its_costs():
    outcomes = [measure.run(name, Parrot("2", "4"), SAMPLES) for name in ("short", "a longer name")]
    head, *rows = measure.table(outcomes).splitlines()
    assert [row[:13].strip() for row in rows] == ["short", "a longer name"]
    assert all("100.0%" in row and row.endswith("500") for row in rows) and "written" in head
    assert len({row.index("100.0%") for row in rows}) == 1


def test_a_real_model_runs_through(tiny):
    samples = corpora.samples("titles", 2)
    outcome = measure.run("tiny", tiny, samples, max_new_tokens=4, progress="")
    assert len(outcome.replies) == 2 and outcome.written <= 4 and outcome.read > 10
