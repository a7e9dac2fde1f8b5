"""One GraphQL endpoint over QuantConnect and Testomato."""
