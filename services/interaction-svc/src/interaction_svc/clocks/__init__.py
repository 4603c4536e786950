"""The clocks of complaints as they are stored: until when, and when whom to tell about it."""
