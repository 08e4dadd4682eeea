"""Many days of many enterprises, with what became of them: the ground of every model that is tested out of time."""
