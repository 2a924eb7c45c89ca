"""Curves that grow: a line for the training rows, a second one for the validation rows, and an alt text that tells both."""

from __future__ import annotations

from phicookbook.book import pictures
from phicookbook.book.pictures import LiveCurve


def lines(curve: LiveCurve, steps: int) -> dict[str, list]:
    figure, _ = curve.picture(steps)
    (axes,) = figure.axes
    return {line.get_label(): [tuple(point) for point in line.get_xydata()] for line in axes.lines}


def test_a_run_without_validation_is_one_line(capsys):
    curve = LiveCurve("Loss")
    curve.on_log(5, 10, 1.5)
    curve.on_log(10, 10, 0.25)
    assert lines(curve, 10) == {"training rows": [(5, 1.5), (10, 0.25)]}
    assert "Loss: training rows 1.50 at step 5, 0.25 at step 10 of 10." in capsys.readouterr().out


def test_validation_is_a_second_line_whichever_comes_first(capsys):
    curve = LiveCurve("Loss")
    curve.on_validation(5, 10, 2.0)
    curve.on_log(5, 10, 1.5)
    curve.on_validation(10, 10, 0.75)
    assert lines(curve, 10) == {"training rows": [(5, 1.5)], "validation rows": [(5, 2.0), (10, 0.75)]}
    shown = capsys.readouterr().out
    assert "training rows 1.50 at step 5, 1.50 at step 5; validation rows 2.00 at step 5, 0.75 at step 10 of 10." in shown


def test_points_that_come_at_once_are_drawn_together_and_the_last_ones_always(capsys, monkeypatch):
    monkeypatch.setattr(pictures, "SECONDS_APART", 3600)
    curve = LiveCurve("Loss")
    for step in range(1, 11):
        curve.on_log(step, 10, 1 / step)
    curve.on_validation(10, 10, 0.5)
    shown = capsys.readouterr().out
    assert [shown.count(f"at step {step} of 10.") for step in (1, 5, 10)] == [1, 0, 2]
    assert len(lines(curve, 10)["training rows"]) == 10
