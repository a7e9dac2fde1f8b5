"""What both platforms have in common, in one vocabulary: frozen values, no I/O, no platform's own words.

Everything else imports this package; it imports nothing of the gateway.
"""
