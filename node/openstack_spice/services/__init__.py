"""What asks and steers the node's services: units of systemd, their processes, and what they read."""
