"""Fine-tuning: settings with Azure's own names, JSONL data, and the one training entry point.

result = finetune("pocket", rows, FinetuneSettings(**POCKET), Path("out"))
"""

from phicookbook.finetune.data import chat_rows, read_jsonl, write_jsonl
from phicookbook.finetune.settings import POCKET, FinetuneSettings, changes

__all__ = ["POCKET", "FinetuneSettings", "changes", "chat_rows", "finetune", "read_jsonl", "write_jsonl"]


def finetune(*args, **kwargs):
    """See `phicookbook.finetune.train.finetune`; here so that importing the package stays light."""
    from phicookbook.finetune.train import finetune as run

    return run(*args, **kwargs)
