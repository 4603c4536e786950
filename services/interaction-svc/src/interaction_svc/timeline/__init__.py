"""The timeline: everything that passed between the company and one customer, newest first."""
