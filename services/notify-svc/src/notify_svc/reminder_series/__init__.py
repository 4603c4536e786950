"""Series of reminders as their makers see them: listed, changed for what is to come, ended."""
