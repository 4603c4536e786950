"""What is brought before a person: items, unread counts, a live stream."""
