"""What the test build of the node program has beside the program: things go wrong in it where a test asks for that.

The test build is the program's archive with this package as `openstack_spice/testing/`, and with this package's `__main__.py`
in the place of the program's own. Nothing of it is in what is shipped, and the program has no hook for it: faults come in by
subclasses of the classes that write, read and run, and by functions in the place of named ones.
"""
