"""Answers: a batch that requests join and leave while it runs, in a process of its own, and the way to it.

engine = EngineClient(base="pocket")     # in the service; `process.py` is the other end, `batch.py` does the work
"""
