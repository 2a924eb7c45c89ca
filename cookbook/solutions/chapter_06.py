"""Solutions of chapter 06. The hints of `check` are the better first stop."""


def exercise_1():
    """Scales add 32 / block bits to each weight."""

    def megabytes(weights, table, bits, block):
        return (weights * (bits + 32 / block) / 8 + table * 4) / 1e6

    return megabytes


def exercise_2():
    """25 tokens/s times 3.8 billion weights of 4.5 bits: 25 * 3.8 * 4.5 / 8."""
    return 53.4


def exercise_3():
    """The points that no other point is as small and as good as."""

    def pareto(points):
        return [p for p in points if not any(q != p and q[0] <= p[0] and q[1] >= p[1] for q in points)]

    return pareto
