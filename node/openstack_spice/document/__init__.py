"""What the node is to be, and which platform it is."""
