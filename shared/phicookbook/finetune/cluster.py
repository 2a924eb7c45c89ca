"""A job on a Ray cluster: Ray places the workers, watches them, and starts them again when one dies.

ray.init(address="auto"); train(Job.read(Path("job.yaml")), workers=2)

The job's folders must be on storage that every node reaches, as Ray Train asks of its own storage too.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from phicookbook.finetune.job import Job, run_job
from phicookbook.finetune.launch import RESTARTS, environment, going_on
from phicookbook.finetune.settings import FinetuneSettings
from phicookbook.settings import CookbookError


def train(job: Job, workers: int, restarts: int = RESTARTS) -> Path:
    """Train in `workers` processes of the cluster that this process is connected to, or of one that it starts here.

    Raises CookbookError when workers have died more than `restarts` times.
    """
    import ray
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False)
    gpus = any(node["Resources"].get("GPU") for node in ray.nodes())
    names = ("PYTHONPATH", "PHI_THREADS", "OMP_NUM_THREADS")
    trainer = TorchTrainer(
        _work,
        train_loop_config=asdict(going_on(job)),
        torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpus),
        run_config=RunConfig(
            name=Path(job.output).name,
            storage_path=str(Path(job.output + ".ray").resolve()),
            failure_config=FailureConfig(max_failures=restarts),
            worker_runtime_env={"env_vars": {name: environment(workers)[name] for name in names}},
        ),
    )
    with _own_interrupt():
        try:
            trainer.fit()
        except ray.train.TrainingFailedError as error:
            raise CookbookError(f"the run on Ray failed: {str(error).strip().splitlines()[-1]}") from error
    return Path(job.output)


@contextmanager
def _own_interrupt():
    """Ray takes Ctrl-C over and keeps it when its run is done: give it back."""
    main = threading.current_thread() is threading.main_thread()
    old = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, old)


def _work(values: dict) -> None:
    """What each worker does."""
    from ray import train as ray_train

    result = run_job(Job(**values | {"settings": FinetuneSettings(**values["settings"])}), progress=False)
    ray_train.report({"steps": result.steps, "seconds": result.seconds})
