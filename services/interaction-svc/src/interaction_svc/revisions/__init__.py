"""Which state of the rules of service levels counts: one row that changes with calendars and policies."""
