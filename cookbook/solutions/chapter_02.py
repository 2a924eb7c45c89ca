"""Solutions of chapter 02. The hints of `check` are the better first stop."""


def exercise_1():
    """Phi-3's template, written by hand."""

    def phi3(messages):
        return "".join(f"<|{m['role']}|>\n{m['content']}<|end|>\n" for m in messages) + "<|assistant|>\n"

    return phi3


def exercise_2():
    """Tokens until their sum reaches top_p."""

    def keep(chances, top_p):
        total = 0.0
        for count, chance in enumerate(chances, start=1):
            total += chance
            if total >= top_p - 1e-9:
                return count
        return len(chances)

    return keep


def exercise_3():
    """The first odd n with P(more than half of n are right) > 0.95, for a binomial with p = 0.75."""
    return 9
