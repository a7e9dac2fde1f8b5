"""The GraphQL schema: a thin view over the domain.

Resolvers hand out domain values; fields without a resolver read the attribute of the same name. Start at
`schema`, then `query` and `mutation`.
"""
