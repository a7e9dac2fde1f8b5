"""Measures the gateway and its peers under the same load."""
