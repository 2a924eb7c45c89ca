"""The bundled model: a small Phi3ForCausalLM that this repository trained from scratch on its own grammars.

cookbook pocket train --out FOLDER
cookbook pocket evaluate
"""
