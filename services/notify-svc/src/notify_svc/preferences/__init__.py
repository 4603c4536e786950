"""What customers want of us: consent, do-not-contact, quiet hours, how often; asked when a message leaves."""
