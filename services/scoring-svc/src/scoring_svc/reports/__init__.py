"""How a model did: its backtest as figures and as a page to read, print and show."""
