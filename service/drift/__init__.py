"""What has moved since a model was trained: population, score, calibration; measured by a job, kept as records."""
