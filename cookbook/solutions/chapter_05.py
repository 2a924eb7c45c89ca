"""Solutions of chapter 05. The hints of `check` are the better first stop."""


def exercise_1():
    """Two machines, two devices each, eight rows in every process."""
    return {"num_nodes_finetune": 2, "number_of_gpu_to_use_finetuning": 2, "per_device_train_batch_size": 8}


def exercise_2():
    """Two thin matrices."""

    def parameters(rows, columns, rank):
        return rank * (rows + columns)

    return parameters


def exercise_3():
    """A month of hosting, in hours of the machine."""
    return 730 * 0.80 / 4.00
