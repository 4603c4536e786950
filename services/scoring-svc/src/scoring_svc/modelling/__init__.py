"""The numerics of scoring: facts and a moment in, scores out; no input or output, no clock, no framework."""
