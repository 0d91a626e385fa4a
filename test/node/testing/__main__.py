"""The test build's way in, in the place of the program's own."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    from openstack_spice.testing.start import start

    sys.exit(start(sys.argv[1:]))
