"""Undoing imports: what they made goes, what they changed is as it was, unless something happened since."""
