"""Files that were sent to us and wait for their work."""

from shared.uploads.storage import StoredUpload, discard, find, forget_old, open_chunks, receive

__all__ = ["StoredUpload", "discard", "find", "forget_old", "open_chunks", "receive"]
