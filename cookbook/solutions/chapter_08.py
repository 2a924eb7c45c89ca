"""Solutions of chapter 08. The hints of `check` are the better first stop."""

from math import cos, pi
from statistics import fmean, stdev


def exercise_1():
    """The prompts between the two limits."""

    def choose(rates):
        return [prompt for prompt, rate in rates.items() if 0.1 <= rate <= 0.9]

    return choose


def exercise_2():
    """Standard scores within the group."""

    def advantages(rewards):
        mean, spread = fmean(rewards), stdev(rewards)
        return [(reward - mean) / spread if spread > 1e-12 else 0.0 for reward in rewards]

    return advantages


def exercise_3():
    """One up to the free part, then half a cosine down to one half."""

    def reward(share):
        free = 25_600 / 31_744
        late = max(0.0, (share - free) / (1 - free))
        return 0.5 + 0.25 * (1 + cos(pi * late))

    return reward
