"""From dated records to a fitted, calibrated and documented bundle."""
