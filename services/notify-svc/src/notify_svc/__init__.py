"""The only authority on what is brought before a person at a time: reminders and the inbox."""
