"""Ten runs of the demos that tests/demos/test_leaks.py leaves out leave nothing behind; for the wizard these are ten jobs.

pytest tests/benchmarks/bench_leaks.py -s
"""

import pytest
from demos.test_leaks import edge, family, finetuning, prompting, ten_runs, workshop  # noqa: F401 (a fixture)


@pytest.mark.parametrize("run", [family, prompting, edge, finetuning], ids=lambda run: run.__name__)
def test_ten_runs_leave_nothing_behind(workshop, run):  # noqa: F811
    ten_runs(workshop, run)
