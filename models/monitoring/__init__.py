"""What moves after a model was trained: who is scored, how, and what becomes of them. Pure numbers, no thresholds."""
