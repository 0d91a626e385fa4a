"""openstack-spice: the program that converges a node of an OpenStack cloud to SPICE consoles, and puts it back."""
