"""Webhooks: whom events are sent to over HTTP, which of them, and with which secret they are signed."""
