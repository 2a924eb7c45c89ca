"""Solutions of chapter 03. The hints of `check` are the better first stop."""

import re


def exercise_1():
    """Reciprocal rank fusion with a weight for each ranking."""

    def merge(rankings, weights, k):
        scores = {}
        for ranking, weight in zip(rankings, weights):
            for rank, name in enumerate(ranking, start=1):
                scores[name] = scores.get(name, 0) + weight / (k + rank)
        return sorted(scores, key=scores.get, reverse=True)

    return merge


def exercise_2():
    """Lines that hold the answer, with no letter or digit on either side of it."""

    def cited(answer, lines):
        wanted = re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)
        return [number for number, line in enumerate(lines, start=1) if wanted.search(line)]

    return cited


def exercise_3():
    """The best of the supports that occur."""

    def bound(with_answer, without_answer):
        def balance(least):
            answered = sum(support >= least for support in with_answer) / len(with_answer)
            return answered + sum(support < least for support in without_answer) / len(without_answer)

        return max([*with_answer, *without_answer], key=balance)

    return bound
