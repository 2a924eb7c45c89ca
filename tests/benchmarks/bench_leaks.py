"""Ten jobs of the fine-tuning wizard, from the first page to the chat, leave nothing behind; the other demos are in tests/demos.

pytest tests/benchmarks/bench_leaks.py -s
"""

from demos.test_leaks import finetuning, ten_runs, workshop  # noqa: F401 (a fixture)


def test_ten_jobs_leave_nothing_behind(workshop):  # noqa: F811
    ten_runs(workshop, finetuning)
