"""A query on 10,000 passages, without the model: hybrid search at p95 under 50 ms on one core.

    OMP_NUM_THREADS=1 LANCE_CPU_THREADS=1 taskset -c 0 python -m pytest tests/benchmarks/bench_retrieval.py -s

Not part of `make test`: a time means something on a machine that does nothing else.
"""

from phicookbook.retrieval import speed

BAR = 50.0  # milliseconds


def test_a_query_is_quick_on_ten_thousand_passages(tmp_path):
    found = speed.measure(10_000, tmp_path / "index")
    assert found.passages == 10_000
    print("".join(f"\n{mode}: p50 {found.at(mode, 0.5):.1f} ms, p95 {found.at(mode, 0.95):.1f} ms" for mode in found.queries))
    assert found.at("hybrid", 0.95) < BAR
