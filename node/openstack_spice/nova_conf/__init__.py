"""nova.conf as bytes: read as oslo.config reads it, changed line by line."""
