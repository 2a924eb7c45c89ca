"""Each member built by transformers from its real configuration, without weights, and counted.

Everything stands on torch's meta device, where a tensor has a shape and a type but no memory: a model of 42 billion
parameters is built in the time of an empty one.

    count(member("Phi-4-mini-instruct")).total  # 3836021760
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from phicookbook.facts import Member
from phicookbook.family.formula import language_model
from phicookbook.settings import CookbookError

# Ranks of Phi-4-multimodal's two LoRAs, on every matrix of the language model (its config.json).
LORA_RANKS = {"LoRA for images": 256, "LoRA for audio": 320}
# Phi-3.5-vision's image encoder, openai/clip-vit-large-patch14-336, as its config.json names it.
CLIP = {
    "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
    "image_size": 336, "patch_size": 14, "projection_dim": 768,
}  # fmt: skip
FORMULA = "formula"


@dataclass(frozen=True)
class Count:
    """Parameters of a member: `total`, those `active` on one token, and `parts`, what the total is made of. `built`
    names the transformers classes, or "formula" where transformers has none."""

    id: str
    total: int
    active: int
    parts: dict
    built: str


def config(each: Member, **change):
    """The transformers configuration of a member; `change` replaces fields, as in `num_key_value_heads=24`.

    Raises CookbookError for Phi-3-small, whose architecture transformers has no class for.
    """
    import transformers

    fields = {
        "vocab_size": each.vocabulary, "hidden_size": each.hidden, "intermediate_size": each.feed_forward,
        "num_hidden_layers": each.layers, "num_attention_heads": each.heads, "num_key_value_heads": each.kv_heads,
        "max_position_embeddings": each.context, "sliding_window": each.sliding_window,
        "tie_word_embeddings": bool(each.tied_embeddings), "rope_parameters": _rope(each),
    }  # fmt: skip
    if "small" in each.name:
        raise CookbookError(f"transformers has no class for {each.id}: count it by `formula.language_model`")
    if each.name == "phi-2":
        del fields["sliding_window"]
        return transformers.PhiConfig(**{**fields, **change})
    if each.experts:
        fields |= {"num_local_experts": each.experts, "num_experts_per_tok": each.experts_per_token}
        fields |= {"attention_bias": True, "lm_head_bias": True}  # its config.json
        return transformers.PhimoeConfig(**{**fields, **change})
    kind = transformers.Phi4MultimodalConfig if "multimodal" in each.name else transformers.Phi3Config
    return kind(**{**fields, **change})


def _rope(each: Member) -> dict:
    return {
        "rope_type": "default",
        "rope_theta": each.rope_base or 10_000.0,
        "partial_rotary_factor": each.rotary_share or 1.0,
    }


def build(configuration):
    """The model of a configuration on the meta device: shapes and types, no memory and no weights."""
    import torch
    import transformers

    kinds = {
        "phi": transformers.PhiForCausalLM, "phi3": transformers.Phi3ForCausalLM,
        "phimoe": transformers.PhimoeForCausalLM, "phi4_multimodal": transformers.Phi4MultimodalForCausalLM,
    }  # fmt: skip
    with torch.device("meta"):
        return kinds[configuration.model_type](configuration)


def count(each: Member) -> Count:
    """A member's parameters, from transformers' own model, or from `formula.language_model` where there is none."""
    if "small" in each.name:
        total = language_model(each)
        return Count(each.id, total, total, {"language model": total}, FORMULA)
    model = build(config(each))
    parts = {"language model": _numbers(model)}
    if "audio" in each.inputs:
        encoders = _encoders(model)
        parts["language model"] -= sum(encoders.values())
        parts |= encoders | _loras(model)
    elif each.vision:
        parts |= _vision(each.hidden)
    total = sum(parts.values())
    resting = 0
    if each.experts:
        in_experts = sum(p.numel() for name, p in model.named_parameters() if ".experts." in name)
        resting = in_experts * (each.experts - each.experts_per_token) // each.experts
    built = type(model).__name__ + (" + CLIPVisionModel" if "projection" in parts else "")
    return Count(each.id, total, total - resting, parts, built)


def _numbers(model) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _encoders(model) -> dict[str, int]:
    """Phi-4-multimodal's image and audio encoders, each with its projection."""
    outside = model.model.embed_tokens_extend
    return {"image encoder": _numbers(outside.image_embed), "audio encoder": _numbers(outside.audio_embed)}


def _loras(model) -> dict[str, int]:
    """The two LoRAs that Phi-4-multimodal's checkpoint brings beside the model: a LoRA of rank r adds
    r (inputs + outputs) numbers to each matrix (arXiv:2106.09685)."""
    import torch

    matrices = [m for m in model.model.layers.modules() if isinstance(m, torch.nn.Linear)]
    sides = sum(m.in_features + m.out_features for m in matrices)
    return {name: rank * sides for name, rank in LORA_RANKS.items()}


def _vision(hidden: int) -> dict[str, int]:
    """Phi-3.5-vision's image encoder and projection; transformers has the encoder but no class for the whole.

    The projection joins four neighbouring patches and passes two matrices; two vectors separate lines and images.
    """
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    with torch.device("meta"):
        encoder = CLIPVisionModel(CLIPVisionConfig(**CLIP))
        joined = 4 * CLIP["hidden_size"]
        projection = torch.nn.Sequential(torch.nn.Linear(joined, hidden), torch.nn.Linear(hidden, hidden))
    return {"image encoder": _numbers(encoder), "projection": _numbers(projection) + 2 * joined}


def deviation(counted: int, published: float) -> float:
    """How far a count lies from a published figure in billions, in units of the figure's last digit.

    A figure that was rounded or cut off lies less than 1 from the truth; one that was rounded lies within 0.5.
    """
    unit = Decimal(1).scaleb(Decimal(str(published)).as_tuple().exponent)
    return float(abs(Decimal(counted) / 10**9 - Decimal(str(published))) / unit)


def cache_bytes(each: Member, tokens: int, **change) -> int:
    """Bytes of the KV cache that transformers' own model fills for a prompt, 16 bits a number; run on the meta device.

    `change` replaces fields of the configuration: `num_key_value_heads=member.heads` is the twin without sharing.
    """
    import torch

    model = build(config(each, **change)).to(torch.bfloat16)
    with torch.no_grad():
        out = model(input_ids=torch.ones((1, tokens), dtype=torch.long, device="meta"), use_cache=True)
    kept = [tensor for layer in out.past_key_values.layers for tensor in (layer.keys, layer.values)]
    return sum(tensor.numel() * tensor.element_size() for tensor in kept)
