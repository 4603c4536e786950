"""Customer care by rule: greetings and reminders on birthdays, feasts and days of the company (ADR 44)."""
