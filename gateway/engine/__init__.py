"""Executes queries fast: documents become Python functions that read values and write JSON.

Knows nothing of this graph: it works for any schema that Strawberry has made. Start at `engine.py`.
"""
