"""What a finished pocket practises: all tasks, and headlines of the templates that it misreads oftener than others.

practice = Practice(survey(model, tokenizer, "1"))
practice.draw("headlines", random.Random(0))

A model that reads nineteen of twenty templates rightly learns little from another draw of all. So half of its headlines come
from templates in proportion to how much a survey found them misread.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from phicookbook import corpora
from phicookbook.corpora import Sample, headlines, templates, text_held_out

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
        while task == "headlines":
            sample = headlines.sample(rng, self._headline)
            if not corpora.held_out(sample):
                return sample
        return corpora.draw(task, rng)

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
    rows = [
        _row(tokenizer, _training_side(rng, template)) + (place,)
        for place, template in enumerate(itertools.chain(*templates.load().values()))
        for _ in range(WRITTEN)
    ]
    rows.sort(key=lambda row: len(row[0]))
    sums = [0.0] * (len(rows) // WRITTEN)
    for start in tqdm(range(0, len(rows), 64), desc="survey", mininterval=2):
        part = rows[start : start + 64]
        for (_, _, place), said in zip(part, _said(model, part), strict=True):
            sums[place] += (1 - said) / WRITTEN
    shares = iter(round(value, 4) for value in sums)
    return {stem: list(itertools.islice(shares, len(found))) for stem, found in templates.load().items()}


def _training_side(rng: random.Random, template: templates.Template) -> headlines.Headline:
    while True:
        found = headlines.write(rng, template)
        if not text_held_out(found.text):
            return found


def _row(tokenizer, headline: headlines.Headline) -> tuple[list[int], int]:
    """Ids of the question and of the answer as far as its label, and how many of the last ones are the label."""
    asked = f"<|user|>\n{headlines.prompt(headline.text)}<|end|>\n<|assistant|>\nThe sentiment is"
    ids, label = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (asked, f" {headline.sentiment}"))
    return ids + label, len(label)


def _said(model, part: list) -> list[float]:
    """The probability of each row's label after its question."""
    import torch

    width = max(len(ids) for ids, *_ in part)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, *_ in part], device=model.device)
    with torch.inference_mode():
        states = model.model(input_ids=ids, use_cache=False).last_hidden_state
        found = []
        for row, (real, label, _) in enumerate(part):
            places = torch.arange(len(real) - label, len(real), device=model.device)
            likely = torch.log_softmax(model.lm_head(states[row, places - 1]).float(), -1)
            found.append(likely.gather(1, ids[row, places, None]).sum().exp().item())
    return found
