"""Many changes at once, with a result for each, and the way back where all or nothing was asked for.

Start at `batches`; `targets` makes the changes of what was asked about a person and projects.
"""
