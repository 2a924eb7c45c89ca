"""The preflight: what a session needs, each row with its remedy, and every demo warmed by one answer of its own.

for demo, row in rows(Props(), ("playground", "edge")):
    print(line(row))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from phicookbook import doctor, settings
from phicookbook.demos import presenter_recorded
from phicookbook.demos.answering import later
from phicookbook.demos.uploads import Desks
from phicookbook.demos.wizard_desk import Desk
from phicookbook.demos.wizard_service import Service
from phicookbook.doctor import Row
from phicookbook.settings import CookbookError

REMEDY = "Until then, F shows the recording of {} in its tab."
ANSWER_SECONDS = 2.0


@dataclass
class Props:
    """What the demos share: the fine-tuning service, the wizard's drafts, the visitors' files, the race's lanes.

    `more` holds further arguments of make_demo by the demo's name.
    """

    service: Service = field(default_factory=Service)
    files: Desks = field(default_factory=Desks)
    lanes: list = field(default_factory=list)
    more: dict[str, dict] = field(default_factory=dict)

    def __post_init__(self):
        self.wizard = Desk(self.service)

    def options(self) -> dict[str, dict]:
        """Arguments of each demo's make_demo, so that all tabs share one model of a name."""
        shared = {
            "retrieval": {"desks": self.files},
            "finetuning": {"desk": self.wizard},
            "edge": {"ready": self.lanes},
            "reasoning": {"open_model": lambda name: later(name).get()},
        }
        return {name: shared.get(name, {}) | self.more.get(name, {}) for name in {*shared, *self.more}}

    def clear(self) -> None:
        """Remove what visitors brought or made; a service that died is started first. Raises CookbookError when it cannot be."""
        self.files.forget_all()
        try:
            if self.service.trouble(ANSWER_SECONDS):
                self.service.connect()
        finally:
            for visitor in list(self.wizard.drafts):
                self.wizard.leave(visitor)

    def close(self) -> None:
        """End the service if it is our own, and remove all files."""
        self.service.stop()
        self.files.close()


def rows(props: Props, demos: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
    """(demo, row): doctor's rows with "" for the demo, the recordings, and each demo after it has really answered."""
    for row in doctor.rows():
        yield "", row
    yield "", _recordings(demos)
    for name in demos:
        try:
            yield name, Row(f"demo {name}", WARM[name](props), True)
        except CookbookError as error:
            yield name, Row(f"demo {name}", "does not answer", False, f"{error} {REMEDY.format(name)}")
        except Exception as error:
            told = f"it broke ({type(error).__name__}: {error}): run `cookbook demo {name}` to see it. {REMEDY.format(name)}"
            yield name, Row(f"demo {name}", "does not answer", False, told)


def line(row: Row) -> str:
    """A row as the terminal shows it."""
    return doctor.show([row])


def _recordings(demos: tuple[str, ...]) -> Row:
    try:
        found = presenter_recorded.read()
    except CookbookError as error:
        return Row("recordings", "none", False, str(error))
    if missing := [name for name in demos if name not in found]:
        return Row("recordings", f"none of {', '.join(missing)}", False, presenter_recorded.AGAIN)
    oldest = min((found[name] for name in demos), key=lambda one: one.on)
    return Row("recordings", f"of all {len(demos)} demos, the oldest of {oldest.day}", True)


def _playground(props: Props) -> str:
    from phicookbook.demos import playground

    models = [later(settings.model()), later("pocket-headlines")]
    for model in models:
        list(playground.answer(model, playground.EXAMPLES[0]))
    return f"{models[0].name} and {models[1].name} answer"


def _family(props: Props) -> str:
    from phicookbook.demos import family
    from phicookbook.family import Needs

    family.chart(family.BENCHMARKS[0])
    return "the figures are read, the chart is drawn" if family.describe(Needs()) else ""


def _prompting(props: Props) -> str:
    from phicookbook.demos import prompting

    list(prompting.run(later(settings.model()), next(iter(prompting.EXAMPLES.values())), (0, 0, 1, 0, 8)))
    return f"{settings.model()} answers"


def _retrieval(props: Props) -> str:
    from phicookbook.demos import retrieval

    index = retrieval.Guide().get()
    list(retrieval.searched(later(settings.model()), index, retrieval.EXAMPLES[0]))
    return "the travel guide is indexed, a search answers"


def _finetuning(props: Props) -> str:
    props.service.connect()
    return f"the service answers, it tunes {', '.join(props.wizard.models())}"


def _edge(props: Props) -> str:
    from phicookbook.demos import edge

    if not props.lanes:
        *_, (_, _, lanes) = edge.lanes_of(edge.SOURCE)
        props.lanes[:] = lanes
    list(edge.race([edge.Lane(lane.name, lane.model) for lane in props.lanes], edge.chosen_of(1, "")))
    return f"{', '.join(lane.name for lane in props.lanes)} are at the start"


def _reasoning(props: Props) -> str:
    from phicookbook.demos import reasoning

    names = list(dict.fromkeys(name for name, _ in reasoning.entries().values()))
    for name in names:
        later(name).get().chat("2 + 3", max_new_tokens=4)
    return f"{', '.join(names)} answer"


WARM = {
    "playground": _playground, "family": _family, "prompting": _prompting, "retrieval": _retrieval, "finetuning": _finetuning,
    "edge": _edge, "reasoning": _reasoning,
}  # fmt: skip
