"""The audit of all services together: each keeps its own, here they are read as one."""
