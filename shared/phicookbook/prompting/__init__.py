"""Prompts as things to measure: templates, examples, steps, schemas, defences.

from phicookbook.prompting import measure
print(measure.table([measure.run("direct", model, samples)]))
"""
