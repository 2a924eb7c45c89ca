"""What a finished pocket practises: all tasks, and headlines of the templates that it misreads oftener than others.

practice = Practice(survey(model, tokenizer, "1"))
practice.draw("headlines", random.Random(0))

A model that reads nineteen of twenty templates rightly learns little from another draw of all. So half of its headlines come
from templates in proportion to how much a survey found them misread.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from functools import partial

from phicookbook import corpora
from phicookbook.corpora import Sample, headlines, templates, text_held_out
from phicookbook.pocket.evaluate import row_losses

# Shares of samples: headlines and contexts, where pocket is short of its bars, and of the rest what keeps it.
SHARES = {
    "headlines": 180,
    "context": 80,
    "copying": 8,
    "labels": 22,
    "titles": 9,
    "tickets": 5,
    "json": 6,
    "styles": 14,
    "vitals": 12,
    "arithmetic": 12,
    "puzzles": 12,
    "dialogues": 40,
}
MISREAD = 0.5  # share of the headlines whose template is drawn by the survey
CAPITALS, LOWER = 0.25, 0.03  # shares of headlines in other letters, which are other tokens, beside those of the grammar
WRITTEN = 2  # headlines that a survey writes from each template


class Practice:
    """What a branch is taught: the shares of the tasks, and headlines by a survey of the model that it begins with.

    `misread` tells for each template of each file how much of it is misread, 0 to 1.
    """

    shares = SHARES

    def __init__(self, misread: dict[str, list[float]]):
        self.chosen: list[templates.Template] = []
        weights = []
        for stem, found in templates.load().items():
            self.chosen += found
            weights += [headlines.WEIGHTS[stem] / len(found) * share for share in misread[stem]]
        self.weights = list(itertools.accumulate(weights))

    def draw(self, task: str, rng: random.Random) -> Sample:
        """One training-side sample of a task."""
        return corpora.draw(task, rng, sample=partial(headlines.sample, draw=self._headline) if task == "headlines" else None)

    def _headline(self, rng: random.Random) -> headlines.Headline:
        if rng.random() < MISREAD:
            found = headlines.write(rng, rng.choices(self.chosen, cum_weights=self.weights)[0])
        else:
            found = headlines.draw(rng)
        change = rng.random()
        if change < CAPITALS:
            return replace(found, text=headlines.capitals(found.text))
        return replace(found, text=found.text.lower()) if change < CAPITALS + LOWER else found


def survey(model, tokenizer, seed: str) -> dict[str, list[float]]:
    """How much of each template is misread: the mean probability that a label is not said, over headlines of the training side.

    One list a template file, such as "cyber_negative", in the order of its templates.
    """
    from tqdm.auto import tqdm

    rng = random.Random(f"survey/{seed}")
    every = list(itertools.chain(*templates.load().values()))
    rows = [_row(tokenizer, _training_side(rng, template)) for template in every for _ in range(WRITTEN)]
    losses = row_losses(model, rows, 64, lambda batches: tqdm(batches, desc="survey", mininterval=2))
    missed = [1 - math.exp(-loss) for loss in losses]
    shares = iter(round(sum(missed[place : place + WRITTEN]) / WRITTEN, 4) for place in range(0, len(missed), WRITTEN))
    return {stem: list(itertools.islice(shares, len(found))) for stem, found in templates.load().items()}


def _training_side(rng: random.Random, template: templates.Template) -> headlines.Headline:
    while True:
        found = headlines.write(rng, template)
        if not text_held_out(found.text):
            return found


def _row(tokenizer, headline: headlines.Headline) -> tuple[list[int], list[float]]:
    """Ids of the question and of the answer as far as its label, and their weights: 1 in the label."""
    asked = f"<|user|>\n{headlines.prompt(headline.text)}<|end|>\n<|assistant|>\nThe sentiment is"
    ids, label = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (asked, f" {headline.sentiment}"))
    return ids + label, [0.0] * len(ids) + [1.0] * len(label)
