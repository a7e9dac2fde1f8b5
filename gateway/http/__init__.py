"""The incoming border: GraphQL over HTTP, the explorer, health."""
