"""The contract in writing: what the OpenAPI and AsyncAPI documents say beyond what the code declares."""
