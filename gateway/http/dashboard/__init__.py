"""The dashboard: a page that shows who may do what, made of nothing but the public graph."""
