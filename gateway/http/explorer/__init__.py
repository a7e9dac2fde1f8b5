"""The explorer: GraphiQL, built from npm (`web/`) and served from our own origin under a strict policy."""
