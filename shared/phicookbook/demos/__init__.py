"""Gradio demos: one `make_demo(...)` a file, returning Blocks."""
