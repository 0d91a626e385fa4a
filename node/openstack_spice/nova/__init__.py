"""What the node's Nova and its libvirt say."""
