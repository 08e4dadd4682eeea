"""The scheduled retraining: a configuration, a job that can be killed at any moment, and the door to training."""
