"""Recording: the main flow of every demo, run through its own functions, kept as scenes that `presenter_recorded` shows.

record("playground", print)
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

from phicookbook import settings
from phicookbook.demos import presenter_recorded, workshop
from phicookbook.demos.answering import later
from phicookbook.demos.presenter_recorded import Recording, Scene
from phicookbook.settings import CookbookError

HEADLINES = 10  # of the race
LEAST_SHOWN = 0.005  # probability of a first token that is worth a row
ROWS, SEED = 1_000, 42  # of the fine-tuning job: what the wizard offers
TIMED = re.compile(r", [\d,.]+ ms$")


def record(name: str, tell: Callable[[str], None], path: Path | None = None) -> None:
    """Record a demo, or all for "", and write the file once each has ended; other demos' recordings stay.

    `tell` hears what is under way. Raises CookbookError when a demo cannot run; then the file is as it was.
    """
    workshop.check(name)
    file = path or presenter_recorded.FILE
    found = {each: asdict(one) for each, one in presenter_recorded.read(file).items()} if file.exists() else {}
    for each in [name] if name else list(FLOWS):
        tell(f"{each}: running")
        models, scenes = FLOWS[each]()
        found[each] = asdict(Recording(date.today().isoformat(), models, tuple(scenes)))
    presenter_recorded.write({each: found[each] for each, _ in workshop.TABS if each in found}, file)
    tell(f"recorded in {file}")


def playground() -> tuple[str, list[Scene]]:
    """(models, a scene for each example) of the playground."""
    from phicookbook.demos import playground as demo

    models = {"Base": later(settings.model()), "Tuned": later("pocket-headlines")}

    def last(model, headline: str) -> str:
        return list(demo.answer(model, headline))[-1][0]

    scenes = [
        Scene(headline, [[f"{kind}: {model.name}", last(model, headline)] for kind, model in models.items()])
        for headline in demo.EXAMPLES
    ]
    return " and ".join(model.name for model in models.values()), scenes


def family() -> tuple[str, list[Scene]]:
    """No model: the chooser's answers to three needs, and the figures of a chart."""
    from phicookbook.demos import family as demo
    from phicookbook.family import Needs, choose

    needs = {
        "Nothing said but 8 GB of memory": Needs(memory_gb=8),
        "As a service": Needs(where="serverless"),
        "Thinks before it answers": Needs(reasoning=True),
    }
    scenes = []
    for asked, need in needs.items():
        choice = choose(need)
        scenes.append(Scene(asked, [[choice.member.name, "\n".join([*choice.why, choice.status])]]))
    name = demo.BENCHMARKS[0]
    head = ["model", "active, billions", "all, billions", f"{name} (source)"]
    rows = [[one, f"{active:g}", f"{total:g}", told] for one, active, total, _, told in demo.points(name)]
    scenes.append(Scene(f"Quality over size: {name}", table=[head, *rows]))
    return "published figures, no model", scenes


def prompting() -> tuple[str, list[Scene]]:
    """(model, a scene for each example) of the prompting bench, greedily."""
    from phicookbook.demos import prompting as demo
    from phicookbook.prompting import sampling

    model, scenes = later(settings.model()), []
    for name, parts in demo.EXAMPLES.items():
        system, instruction, line, examples, shots, query = parts
        *_, (_, _, answer, cost) = demo.run(model, parts, (0, 0, 1, settings.seed(), 48))
        user = demo.compose(instruction, line, demo.examples_of(examples)[:shots], query)
        likeliest = sampling.next_tokens(model.get(), user, system)[: demo.MOST_ROWS]
        rows = [[repr(token)[1:-1], f"{chance:.0%}"] for token, chance in likeliest if chance >= LEAST_SHOWN]
        table = [["first token", "the model's"], *rows]
        answers = [[f"Answer of {model.name}", answer], ["What it cost", TIMED.sub("", cost)]]
        if system:
            answers.insert(0, ["System message", system])
        scenes.append(Scene(f"{name}\n{user}", answers, table))
    return model.name, scenes


def retrieval() -> tuple[str, list[Scene]]:
    """(model, a scene for each example) of retrieval: without search, with it, and the lines that the model read."""
    from phicookbook.demos import retrieval as demo
    from phicookbook.retrieval.answering import read

    model, index, scenes = later(settings.model()), demo.Guide().get(), []
    for question in demo.EXAMPLES:
        *_, (alone, _) = demo.without(model, question)
        *_, (with_search, cost, _) = demo.searched(model, index, question)
        found = read(question, index.search(question, demo.PASSAGES), index.embedder, demo.MOST_SENTENCES)
        lines = [[str(number), line.text, found.passages[line.passage].place] for number, line in enumerate(found.read, start=1)]
        why = [] if " tokens" in cost else [["Why", cost]]
        answers = [["Search off", alone], ["Search on", with_search], *why]
        scenes.append(Scene(question, answers, [["line", "what the search found", "where it stands"], *lines]))
    return f"{model.name} and the travel guide", scenes


def finetuning() -> tuple[str, list[Scene]]:
    """A job from the rows to the chat against a service of our own, with the wizard's own steps."""
    from phicookbook.corpora import headlines
    from phicookbook.demos.wizard_chat import EXAMPLES
    from phicookbook.demos.wizard_desk import KNOBS, METHODS, Desk
    from phicookbook.demos.wizard_service import Service

    with tempfile.TemporaryDirectory(prefix="cookbook-record-", ignore_cleanup_errors=True) as folder:
        service = Service(folder=Path(folder))
        desk = Desk(service)
        draft = desk.draft("recording")
        try:
            desk.choose_model(draft, desk.models()[0])
            desk.choose_method(draft, METHODS[0])
            desk.choose_rows(draft, False, ROWS, None)
            desk.choose_validation(draft, "split", 0.1, None)
            desk.choose_knobs(draft, dict.fromkeys(KNOBS, "auto"), "", SEED)
            desk.submit(draft)
            *_, seen = desk.follow(draft)
            if seen.status != "succeeded":
                raise CookbookError(f"the job is {seen.status}: {(seen.job.get('error') or {}).get('message', '')}")
            desk.deploy(draft)
            answers = [_both(desk, draft, text, headlines.prompt(text)) for text in EXAMPLES]
        finally:
            desk.leave("recording")
            service.stop()
    asked = f"{len(draft.train):,} rows of the book's headlines, {len(draft.validation):,} to validate, every knob on auto"
    job = Scene(asked, [["What the job told", "\n".join(seen.told[-6:])]], curve=_curve(seen))
    return draft.model, [job, *answers]


def _both(desk, draft, text: str, question: str) -> Scene:
    said = [[name, list(desk.answer(draft, name == "Tuned", question))[-1]] for name in ("Base", "Tuned")]
    return Scene(text, said)


def _curve(seen) -> dict:
    return {"train": [list(p) for p in seen.train], "valid": [list(p) for p in seen.valid], "steps": seen.steps}


def edge() -> tuple[str, list[Scene]]:
    """The race on the first headlines of the validation set; the pace is that of the machine and the day of the recording."""
    from phicookbook.demos import edge as demo
    from phicookbook.statistics import Rate

    *_, (_, _, lanes) = demo.lanes_of(demo.SOURCE)
    chosen = demo.chosen_of(HEADLINES, "")
    list(demo.race(lanes, chosen))
    head = ["", "tokens/s on that machine", "size", "same answers", "right"]
    rows = [
        [
            lane.name, f"{lane.speed:,.0f}", f"{lane.size / 1e6:.2f} MB" if lane.size else "",
            "reference" if lane is lanes[0] else str(demo.same(lane.said, lanes[0].said)), str(Rate.of(lane.right)),
        ]
        for lane in lanes
    ]  # fmt: skip
    last = [[lane.name, lane.said[-1]] for lane in lanes]
    return f"{demo.SOURCE} in 32, 8 and 4 bits", [Scene(f"Headline {HEADLINES}: {chosen[-1].text}", last, [head, *rows])]


def reasoning() -> tuple[str, list[Scene]]:
    """The first puzzle, and what each model that comes with the book thinks about it, with the verifier's record."""
    from phicookbook.demos import reasoning as demo
    from phicookbook.reasoning.evaluate import protocol_for, record

    item, traces = demo.puzzle(*demo.START, settings.seed()), []
    for name in list(demo.entries())[: demo.MOST_MODELS]:
        *_, reply = demo.writing(later(name).get(), item, protocol_for(name, budget=demo.BUDGET, least=0, force=True))
        row = record(item, 0, reply)
        traces.append([name, reply.text, {key: row[key] for key in ("correct", "met", "of", "answer", "tokens", "finished")}])
    return ", ".join(name for name, _, _ in traces), [Scene(item.prompt, traces=traces)]


FLOWS = {
    "playground": playground, "family": family, "prompting": prompting, "retrieval": retrieval, "finetuning": finetuning,
    "edge": edge, "reasoning": reasoning,
}  # fmt: skip
