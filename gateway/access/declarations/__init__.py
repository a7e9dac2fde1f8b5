"""Declared access: a file that says who should have what, how the world differs, and what would mend it.

Start at `declared`: what a declaration says. `reader` reads it and `text` writes it, `drift` holds it against
the world, `needed_changes` says what is to be done. All of it is pure.
"""
