"""One folder a platform, each with the same file names; `registry` is the only place that lists them.

`settings` what it is told · `wire` its JSON as really seen · `protocol` sign a request, read a reply ·
`normalise` wire to domain and back · `client` one method an endpoint · `platform` the Platform port ·
`sandbox` a stand-in server.
"""
