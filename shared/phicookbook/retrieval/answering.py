"""Answer a question from an index, with citations that were checked, or say that nothing supports an answer.

found = ask("When does the Mira Inn open?", index, open_model())
print(found.text, found.places)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from phicookbook.chat import Message, Model, as_messages
from phicookbook.corpora.context import NOT_SAID
from phicookbook.retrieval.chunking import Chunk
from phicookbook.retrieval.citing import contained, number
from phicookbook.retrieval.embedding import Embedder
from phicookbook.retrieval.index import Index
from phicookbook.retrieval.support import Sentence, scored
from phicookbook.settings import CookbookError

# Both chosen with pocket on the development half of the travel questions, as chapter 03 does; a larger model reads more lines.
LEAST_SUPPORT = 0.30
MOST_SENTENCES = 2  # 0 shows the whole passages


@dataclass(frozen=True)
class Answer:
    """What was answered and from what.

    `text` is NOT_SAID when it was declined, by the support of what was found or by the model. `read` are the numbered lines that
    the model saw, `cited` the numbers of those that hold the answer, `passages` what the search found.
    """

    question: str
    text: str
    passages: list[Chunk]
    read: list[Sentence]
    cited: list[int]
    support: float

    @property
    def declined(self) -> bool:
        """Whether there is no answer."""
        return self.text == NOT_SAID

    @property
    def places(self) -> list[str]:
        """Where the cited lines stand, each once."""
        return list(dict.fromkeys(self.passages[self.read[one - 1].passage].place for one in self.cited))


def ask(question: str, index: Index, model: Model, **options) -> Answer:
    """One question; see `ask_many` for the options."""
    return ask_many([question], index, model, **options)[0]


def ask_many(
    questions: Sequence[str],
    index: Index,
    model: Model,
    k: int = 5,
    most: int = MOST_SENTENCES,
    least: float = LEAST_SUPPORT,
    where: dict[str, str] | None = None,
    progress: str = "",
) -> list[Answer]:
    """Search, let the model read the `most` lines that fit best (0: whole passages), and check what it says.

    Below the support `least` the model is not asked. A line is cited when it holds the answer; an answer that no line holds is
    given without a citation. `where` keeps documents with these metadata. `progress` is the title of two progress bars, "" for
    none. Raises CookbookError for an empty question, an empty index or a `most` below 0.
    """
    from tqdm.auto import tqdm

    bar = tqdm(questions, desc=f"{progress}: search", disable=not progress)
    found = [read(question, index.search(question, k, where=where), index.embedder, most) for question in bar]
    return answer(found, model, least, progress)


def read(question: str, passages: Sequence[Chunk], embedder: Embedder, most: int = MOST_SENTENCES) -> Answer:
    """What there is to read for a question in some passages, not answered yet.

    Raises CookbookError for a `most` below 0.
    """
    if most < 0:
        raise CookbookError(f"most is {most}: give a number of lines, or 0 for whole passages")
    known = [getattr(passage, "vectors", None) for passage in passages]  # a search brings them along
    fitting = scored(question, [passage.text for passage in passages], embedder, known)
    support = max((one.score for one in fitting), default=0.0)
    return Answer(question, NOT_SAID, list(passages), best(fitting, most) if most else whole(passages), [], support)


def answer(found: Sequence[Answer], model: Model, least: float = LEAST_SUPPORT, progress: str = "") -> list[Answer]:
    """Let the model answer from what was read; what has less support than `least` stays declined."""
    supported = [one for one in found if one.support >= least and one.read]
    lines = [[line.text for line in one.read] for one in supported]
    prompts = [prompt(one.question, read) for one, read in zip(supported, lines)]
    replies = model.chat_many(prompts, progress=f"{progress}: answer" if progress else "") if prompts else []
    answered = {
        id(one): replace(one, text=reply.answer, cited=cite(reply.answer, read))
        for one, reply, read in zip(supported, replies, lines, strict=True)
    }
    return [answered.get(id(one), one) for one in found]


def best(fitting: Sequence[Sentence], most: int) -> list[Sentence]:
    """The sentences that fit best, each text once, in the order in which they stand."""
    once = list({one.text: one for one in reversed(fitting)}.values())
    chosen = {id(one) for one in sorted(once, key=lambda one: -one.fit)[:most]}
    return [one for one in fitting if id(one) in chosen]


def whole(passages: Sequence[Chunk]) -> list[Sentence]:
    """The passages as they are, for a model that reads long contexts."""
    return [Sentence(passage.text, place, 0.0) for place, passage in enumerate(passages)]


def prompt(question: str, lines: Sequence[str]) -> list[Message]:
    """The messages that ask for an answer from numbered lines."""
    order = f"Answer from the context only. If it does not say, answer: {NOT_SAID}"
    return as_messages(f"Context:\n{number(lines)}\n\nQuestion: {question}", order)


def cite(answer: str, lines: Sequence[str]) -> list[int]:
    """The numbers of the lines that hold an answer word for word; none when it was declined."""
    if answer == NOT_SAID:
        return []
    return [place for place, line in enumerate(lines, 1) if contained(answer, line) == 1.0]
