"""Who is in the archive twice: prevented while they are registered, found afterwards, decided by people."""
