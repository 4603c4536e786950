"""The moment of a reminder comes once, whoever is looking: claimed, noted, brought before its assignee."""
