"""A sweep: every trial trained, scored and tracked, in processes of their own, in the order they were given."""

from __future__ import annotations

from phicookbook.finetune import POCKET, FinetuneSettings, registry
from phicookbook.finetune.sweep import Trial, sweep


def test_trials_come_back_in_order_scored_and_tracked(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("PHI_THREADS", "2")
    small = FinetuneSettings(
        **POCKET | dict(max_steps=1, lora_r=2, per_device_train_batch_size=4, max_seq_length=-1, logging_steps=1)
    )
    found = sweep([Trial("one", 4, small), Trial("two", 8, small)], tmp_path / "sweep", str(tiny_folder), probe=5)
    assert [(o.trial.name, o.trial.rows, o.score.n) for o in found] == [("one", 4, 5), ("two", 8, 5)]
    assert all(outcome.loss > 0 and outcome.trained_tokens > 0 for outcome in found)
    asked = registry.client()
    runs = asked.search_runs([asked.get_experiment_by_name("sweep").experiment_id])
    assert {run.info.run_name: run.data.params["rows"] for run in runs} == {"one": "4", "two": "8"}
    assert {run.data.metrics["accuracy"] for run in runs} == {outcome.score.value for outcome in found}
