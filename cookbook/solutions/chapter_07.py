"""Solutions of chapter 07. The hints of `check` are the better first stop."""

import re
from collections import Counter
from math import comb


def exercise_1():
    """One minus the share of choices of k runs that are all wrong."""

    def pass_at(n, right, k):
        return 1 - comb(n - right, k) / comb(n, k)

    return pass_at


def exercise_2():
    """A count without the empty ones; max takes the first of equal ones."""

    def vote(answers):
        counts = Counter(answer for answer in answers if answer)
        return max(counts, key=counts.get, default="")

    return vote


def exercise_3():
    """The last answer behind the thinking."""

    def final(reply):
        if "<think>" in reply and "</think>" not in reply:
            return ""
        found = re.findall(r"Answer: (-?\d+)", reply.rpartition("</think>")[2])
        return found[-1] if found else ""

    return final
