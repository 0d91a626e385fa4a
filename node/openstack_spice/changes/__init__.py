"""The kinds of change, one class each: what is read, planned, made, undone and described is written there and nowhere else."""
