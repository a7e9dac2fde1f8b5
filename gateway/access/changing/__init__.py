"""One change of one member: asked for, checked, sent once, settled, recorded, and ended when it is to end.

Start at `changes`: `membership` makes a change by the `rules`, `ledger` is the port of what is written down.
"""
