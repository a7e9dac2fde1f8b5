"""Modules of two servers, which find one another on PYTHONPATH."""
