"""The clients in Python and TypeScript, generated from docs/api/openapi.json into build/sdk."""
