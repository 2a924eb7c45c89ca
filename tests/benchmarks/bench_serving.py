"""Fifty streams at once against one at a time: none fails, and together they get at least three times the tokens a second.

    python -m pytest tests/benchmarks/bench_serving.py -s

Not part of `make test`: a time means something on a machine that does nothing else.
"""

from phicookbook.serverless import speed

BAR = 3.0


def test_fifty_clients_are_served_together():
    alone, together = speed.measure_all((1, 50))
    print(speed.report([alone, together]))
    assert alone.failed == together.failed == 0 and len(alone.first) == len(together.first) == speed.REQUESTS
    assert together.tokens == alone.tokens
    assert together.rate / alone.rate >= BAR
