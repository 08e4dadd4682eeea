"""A simulated economy to live in: it proves mechanics, never predictive power, and everything it writes says so."""
