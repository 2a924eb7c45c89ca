"""The exercises of chapter 05, managed fine-tuning."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

from phicookbook.book.exercises import Exercise
from phicookbook.finetune import POCKET, FinetuneSettings, changes
from phicookbook.settings import CookbookError


def shared_fault(values: dict) -> str:
    """Hold settings for four processes against the run of one process that they must repeat."""
    if not isinstance(values, dict):
        return "give a dictionary of names and values"
    try:
        one = FinetuneSettings(**POCKET | {"per_device_train_batch_size": 32})
        given = FinetuneSettings(**one.to_dict() | values)
    except (CookbookError, TypeError) as error:
        return f"these are no settings: {error}"
    free = {"num_nodes_finetune", "number_of_gpu_to_use_finetuning", "per_device_train_batch_size", "gradient_accumulation_steps"}
    if other := set(changes(given, one)) - free:
        return f"{', '.join(sorted(other))} would change the curve"
    if given.processes != 4 or given.num_nodes_finetune != 2:
        return f"this is {given.processes} processes on {given.num_nodes_finetune} machines"
    rows = given.per_device_train_batch_size * given.gradient_accumulation_steps * given.processes
    return "" if rows == 32 else f"a step would see {rows} rows, not 32"


def rank_fault(parameters: Callable[[int, int, int], int]) -> str:
    """Count what LoRA adds to a matrix and compare."""
    if not callable(parameters):
        return "give the function itself, without calling it"
    for rows, columns, rank in ((256, 256, 8), (512, 256, 1), (3072, 9216, 64)):
        given = parameters(rows, columns, rank)
        if isinstance(given, bool) or not isinstance(given, Integral):
            return f"it answered {given!r}, which is no whole number"
        if given == rows * columns:
            return "that is the matrix itself, which LoRA leaves alone"
        if given != rank * (rows + columns):
            return f"for {rows} x {columns} and rank {rank} it is not {given:,}"
    return ""


def months_fault(hours: float) -> str:
    """Hold hours of hosting against the price of the managed machine."""
    if isinstance(hours, bool) or not isinstance(hours, (int, float)):
        return "give a number of hours"
    right = 730 * 0.80 / 4.00
    return "" if abs(hours - right) < 1 else f"{hours:g} hours of the machine cost {hours * 4:,.2f}, the service {730 * 0.8:,.2f}"


EXERCISES = [
    Exercise(
        "5.1",
        "A run of pocket sees 32 rows a step in one process. Give a dictionary of settings, with Azure's names, for two machines "
        "of two devices each that has the same loss curve.",
        shared_fault,
        (
            "What must stay the same is the number of rows that a step sees, over all processes.",
            "Two names say how many processes there are: `num_nodes_finetune` and `number_of_gpu_to_use_finetuning`.",
            "`per_device_train_batch_size` is counted in each of the four processes.",
        ),
    ),
    Exercise(
        "5.2",
        "Write parameters(rows, columns, rank): how many numbers LoRA trains beside one matrix of that shape.",
        rank_fault,
        (
            "LoRA learns two thin matrices whose product has the shape of the thick one.",
            "One is rows x rank, the other rank x columns.",
            "Added up: rank * (rows + columns).",
        ),
    ),
    Exercise(
        "5.3",
        "Hosting a tuned model on the service costs the talk's 0.80 USD an hour, around the clock (730 hours a month). For how "
        "many hours a month may your own machine, at an assumed 4 USD an hour, run before it costs more? Tokens left aside.",
        months_fault,
        (
            "The service is paid also when nobody asks; a machine that you switch off is not.",
            "Divide what the service costs in a month by the price of an hour of the machine.",
            "730 * 0.80 / 4.00.",
        ),
    ),
]
