"""The rule behind "auto", at its edges, and the settings that the three knobs become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phicookbook.finetune import POCKET, FinetuneSettings
from phicookbook.finetune import headlines as case
from phicookbook.serverless import automatic

AUTO = dict.fromkeys(("batch_size", "learning_rate_multiplier", "n_epochs"), "auto")


@pytest.mark.parametrize(
    ("rows", "batch", "rate", "epochs"),
    [(10, 4, 0.5, 50), (100, 4, 0.5, 10), (1_000, 4, 0.5, 1), (3_000, 8, 0.707, 1), (6_000, 16, 1.0, 1), (85_000, 32, 1.414, 1)],
)
def test_auto_follows_the_rows(rows, batch, rate, epochs):
    chosen = automatic.choose(AUTO, rows)
    assert chosen == {"batch_size": batch, "learning_rate_multiplier": rate, "n_epochs": epochs}
    assert automatic.choose({}, rows) == chosen
    assert automatic.choose(AUTO, rows, "dpo") == chosen | {"beta": 0.1}


def test_what_is_given_stays():
    given_knobs = {"batch_size": 7, "learning_rate_multiplier": 0.3, "n_epochs": 9, "beta": 0.4}
    assert automatic.choose(given_knobs, 6_000, "dpo") == given_knobs
    assert automatic.choose(AUTO | {"batch_size": 64}, 6_000)["learning_rate_multiplier"] == 2.0


def test_auto_on_the_case_s_rows_is_the_case_s_own_settings():
    found = automatic.settings_for("pocket", "supervised", automatic.choose(AUTO, case.ROWS), 42, steps=375).to_dict()
    same = [name for name, value in case.TUNING.to_dict().items() if found[name] != value]
    assert same in ([], ["max_seq_length"])


@given(
    st.integers(1, 10**7), st.sampled_from(["supervised", "dpo"]), st.sampled_from(["pocket", "microsoft/Phi-4-mini-instruct"])
)
def test_auto_always_gives_settings_that_stand(rows, method, base):
    chosen = automatic.choose(AUTO, rows, method)
    assert 4 <= chosen["batch_size"] <= 32 and 1 <= chosen["n_epochs"] <= 50 and chosen["learning_rate_multiplier"] > 0
    tuning = automatic.settings_for(base, method, chosen, 1, steps=max(1, rows // chosen["batch_size"]))
    assert isinstance(tuning, FinetuneSettings) and tuning.method == method
    assert tuning.per_device_train_batch_size * tuning.gradient_accumulation_steps >= chosen["batch_size"]
    assert tuning.warmup_steps <= 10 and tuning.resume_from_checkpoint


def test_a_multiplier_multiplies():
    knobs = {"batch_size": 16, "learning_rate_multiplier": 2.5, "n_epochs": 1}
    rate = automatic.settings_for("pocket", "supervised", knobs, 1, steps=100).learning_rate
    assert rate == pytest.approx(2.5 * POCKET["learning_rate"])
