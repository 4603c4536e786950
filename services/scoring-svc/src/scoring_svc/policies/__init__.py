"""The tier policy: which published document decides."""
