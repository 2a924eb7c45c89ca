"""Reasoning: tasks with exact verifiers, evaluation with intervals, and the training of a model that thinks.

items("sat", n=20)[0].prompt
"""

from phicookbook.reasoning.item import Item, Score
from phicookbook.reasoning.tasks import TASKS, canonical, items, score

__all__ = ["TASKS", "Item", "Score", "canonical", "items", "score"]
