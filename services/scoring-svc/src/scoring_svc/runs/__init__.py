"""When scoring happens: after facts, after bulk loads, each day, and on demand."""
