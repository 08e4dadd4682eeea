"""Calibration: central tendency with its margins, the interval of a probability, and grades with few defaults."""
