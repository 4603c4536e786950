"""What messages say: versioned texts in Chinese and English for e-mail, SMS and IM, filled in safely."""
