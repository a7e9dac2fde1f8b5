"""Accessgraph: one GraphQL endpoint over QuantConnect and Testomato.

A request's way, each package importing only those below it:

    http        GraphQL over HTTP: read the request, encode the answer      start at http/endpoint.py
    graph       the schema, a thin view over domain values                  graph/query.py, graph/mutation.py
    engine      queries as compiled plans, graphql-core behind them         engine/engine.py
    access      the use cases: read who is in what, change it               access/__init__.py
    platforms   one folder an API: its words into ours, and back            platforms/registry.py
    upstream    the only place that sends                                   upstream/channel.py
    domain      Project, Member, Permission, errors: frozen values, no I/O

`app.py` holds all of it together, `settings` says how, `cli.py` runs it. `sandbox` and each platform's
`sandbox.py` are stand-ins for the real services, for the demo and the tests.
"""
