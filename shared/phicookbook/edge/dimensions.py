"""Models of the family's true dimensions with random weights: what size and speed cost does not depend on what was learned.

folder = random_model(member("Phi-3.5-mini-instruct"), Path("out"), layers=4)
"""

from __future__ import annotations

from pathlib import Path

from phicookbook import settings
from phicookbook.facts import Member
from phicookbook.family.build import config


def random_model(each: Member, out: Path, layers: int, vocabulary: int = 0) -> Path:
    """Write a transformers folder with a member's widths, `layers` layers and random bf16 weights; returns `out`.

    `vocabulary` above 0 stands for a smaller one. The tokenizer is pocket's, which random weights do not mind. The context
    is 4,096 tokens.
    """
    import torch
    import transformers

    changes = {"num_hidden_layers": layers, "max_position_embeddings": 4096, "original_max_position_embeddings": 4096}
    ends = {"eos_token_id": 0, "bos_token_id": 0, "pad_token_id": 0}
    made = config(each, **changes, **ends, **({"vocab_size": vocabulary} if vocabulary else {}))
    made.architectures = ["Phi3ForCausalLM"]
    torch.manual_seed(settings.seed())
    model = transformers.AutoModelForCausalLM.from_config(made, dtype=torch.bfloat16)
    model.save_pretrained(out)
    transformers.AutoTokenizer.from_pretrained(settings.POCKET_WEIGHTS).save_pretrained(out)
    return out
