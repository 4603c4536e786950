"""Taking complaints in: from staff and partners, one or many; each new one finds its owner by rules."""
