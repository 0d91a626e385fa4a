"""What is looked at before the first write: each check refuses with one message, or returns."""
