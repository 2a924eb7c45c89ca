"""Models of any configuration with random weights, saved as transformers saves them."""

from __future__ import annotations


def save_random(folder, config, tokenizer, scale: float):
    """Write a model and its tokenizer to a folder; matrices are `scale` times as large, so that answers differ by prompt."""
    import torch
    import transformers

    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim == 2:
                weights.mul_(scale)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
