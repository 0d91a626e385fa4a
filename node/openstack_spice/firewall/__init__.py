"""What filters packets on a node, how the declared sources are let in, and how ports are closed to all others."""
