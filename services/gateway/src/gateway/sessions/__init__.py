"""Sign-in: sessions, their access and refresh tokens, and the guard against guessing."""
