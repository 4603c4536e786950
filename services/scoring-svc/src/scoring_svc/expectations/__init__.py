"""Next purchases 下次购买: when each customer's next order is to be expected, kept with every score."""
