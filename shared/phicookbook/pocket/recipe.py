"""The recipe of pocket: its shape, its optimizers and its learning-rate schedule.

model = build(Recipe())
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from phicookbook.settings import CookbookError


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the trained weights, apart from the grammars themselves."""

    hidden: int = 192
    layers: int = 4
    heads: int = 6
    kv_heads: int = 2
    feed_forward: int = 512
    vocabulary: int = 6144
    context: int = 1024
    tokens: int = 70_000_000
    batch_tokens: int = 4096
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    warmup_steps: int = 100
    decay_share: float = 0.6
    seed: int = 1
    experts: int = 0  # experts in each layer, of which two work on a token; 0 is a dense model
    muon: bool = True  # whether the matrices are Muon's; experts are stacks of matrices, which Muon does not take
    noise: float = 0.0  # share of samples damaged as scraped text is

    def __post_init__(self):
        if self.experts and self.muon:
            raise CookbookError("Muon takes single matrices, experts are stacks of them: set muon=False with experts")

    def to_dict(self) -> dict:
        """The recipe as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Recipe:
        """A recipe from plain values; raises CookbookError for a name that no recipe has."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise CookbookError(f"a recipe has no setting {', '.join(sorted(unknown))}")
        return cls(**values)

    def rate_at(self, progress: float, step: int) -> float:
        """Learning rate: linear warm-up, constant, then linear decay over the last `decay_share`."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        cool = min(1.0, max(0.02, (1.0 - progress) / self.decay_share))
        return self.learning_rate * warm * cool


def config(recipe: Recipe):
    """The transformers configuration: Phi-3's architecture with grouped-query attention and tied embeddings.

    With `experts` it is Phi-3.5-MoE's: two experts of half the width work on a token, so as much is active as in the dense one.
    """
    from transformers import Phi3Config, PhimoeConfig

    kind, more = Phi3Config, {"intermediate_size": recipe.feed_forward, "original_max_position_embeddings": recipe.context}
    if recipe.experts:
        kind = PhimoeConfig
        more = {"intermediate_size": recipe.feed_forward // 2, "num_local_experts": recipe.experts, "num_experts_per_tok": 2}
    return kind(
        vocab_size=recipe.vocabulary,
        hidden_size=recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.kv_heads,
        max_position_embeddings=recipe.context,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=[0, 4],
        sliding_window=None,
        **more,
    )


def build(recipe: Recipe, start: Path | None = None):
    """A Phi3ForCausalLM, or a PhimoeForCausalLM with experts, with weights drawn from the recipe's seed, or those in `start`.

    Plain ("eager") attention: at this size it trained 1.4 times as fast on a CPU as torch's fused kernel.
    """
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(recipe.seed)
    if start:
        model = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    else:
        model = AutoModelForCausalLM.from_config(config(recipe))
    model.set_attn_implementation("eager")
    return model


def precision(device):
    """The dtype that multiplications take: bfloat16 on a GPU and on a CPU that has instructions for it, else float32.

    A CPU without them imitates bfloat16 and takes twice as long and more.
    """
    import torch

    able = device.type != "cpu" or any(torch.cpu.get_capabilities().get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))
    return torch.bfloat16 if able else torch.float32


def optimizers(model, recipe: Recipe) -> list:
    """Muon (AdamW with `muon` off) for the matrices inside the layers, AdamW for embeddings and norms.

    Muon: https://kellerjordan.github.io/posts/muon/. Its steps are scaled so that both share one learning rate.
    """
    import torch

    from phicookbook.pocket.muon import Muon

    rate, decay = recipe.learning_rate, recipe.weight_decay
    matrices = [p for name, p in model.named_parameters() if p.ndim >= 2 and "embed" not in name]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    if recipe.muon:
        first = Muon(matrices, precision(next(model.parameters()).device), lr=rate, weight_decay=decay)
    else:
        first = torch.optim.AdamW(matrices, lr=rate, betas=(0.9, 0.98), weight_decay=decay)
    return [first, torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)]
