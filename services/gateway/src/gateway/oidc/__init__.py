"""Signing in with the account of another house (OpenID Connect), which leads to a session of ours."""
