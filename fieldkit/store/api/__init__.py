"""The store's contract as an OpenAPI document, read off its routes and these tables."""
