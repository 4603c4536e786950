"""Who speaks: models promoted and taken back by people, and everybody scored anew after it."""
