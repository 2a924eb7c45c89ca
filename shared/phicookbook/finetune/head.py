"""Project onto the vocabulary only where an answer is: most tokens of a training row are its prompt and carry no loss.

trainer = trl.SFTTrainer(...); answers_only(base)

TRL does so on GPUs. On a CPU it projects every position and throws most away, which for short answers is close to half of a
step. The loss is the same.
"""

from __future__ import annotations

import inspect


def answers_only(model) -> None:
    """Give a causal language model that TRL has fitted with its fused head one that looks at answer positions alone.

    On devices with TRL's own kernel, and for mixtures of experts, whose router has a loss of its own, nothing changes.
    """
    if model.device.type != "cpu" or hasattr(model.config, "router_aux_loss_coef"):
        return
    theirs = model.forward

    def forward(*args, fused_lm_head: bool = False, labels=None, **kwargs):
        if not fused_lm_head or labels is None:
            extra = {"labels": labels} if labels is not None else {}
            return theirs(*args, **extra, **kwargs)
        hidden = model.base_model(*args, **kwargs | {"use_cache": False}).last_hidden_state
        return _scored(hidden[:, :-1], labels[:, 1:], model.get_output_embeddings())

    forward.__signature__ = inspect.signature(theirs)  # generate() and the trainer read it
    model.forward = forward


def _scored(hidden, labels, head):
    """TRL's output for hidden states (rows, tokens, width) and the labels that follow them, -100 where there is none."""
    from trl.trainer.utils import FusedCausalLMOutput

    mask = labels != -100
    targets = labels[mask]
    scores = head(hidden[mask]).float().log_softmax(-1)  # (answer tokens, vocabulary)
    log_probs = scores.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    kept = scores.detach()
    return FusedCausalLMOutput(
        loss=-log_probs.sum() / mask.sum().clamp(min=1),
        log_probs=log_probs,
        entropy=-(kept.exp() * kept).sum(-1),
        is_top1=kept.argmax(-1) == targets,
        label_mask=mask,
    )
