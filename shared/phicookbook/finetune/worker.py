"""What torchrun starts in every process of a run.

torchrun --standalone --nproc-per-node 2 -m phicookbook.finetune.worker job.yaml output=elsewhere
"""

from __future__ import annotations

import sys
from dataclasses import replace

from phicookbook.finetune.job import Job, run_job


def main(path: str, *given: str) -> int:
    """Train the job of a YAML file together with the other processes, entries replaced by those given as NAME=VALUE; returns
    the exit code."""
    from phicookbook.settings import CookbookError

    try:
        run_job(replace(Job.read(path), **dict(pair.split("=", 1) for pair in given)))
    except CookbookError as error:
        print(f"cookbook: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
