"""Follow-up reminders 跟进提醒: promised for a moment, snoozed, done or cancelled."""
