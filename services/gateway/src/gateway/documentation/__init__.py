"""One documentation of all services: the merged OpenAPI document and the pages that show it."""
