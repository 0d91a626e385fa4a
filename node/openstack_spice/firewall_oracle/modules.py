"""Which parts of the kernel are there already. Asking for a part that is not would load its module, and looking changes nothing."""

import os


def is_there(name: str) -> bool:
    """Whether asking for a part of the kernel loads no module: it is loaded, built in, or no module can be loaded.

    :param name: of the module, with underscores
    """
    if not os.path.exists("/proc/modules") or os.path.isdir("/sys/module/" + name):
        return True
    try:
        with open("/lib/modules/%s/modules.builtin" % os.uname().release, "rb") as file:
            return b"/%s.ko" % name.encode() in file.read().replace(b"-", b"_")
    except FileNotFoundError:  # then modprobe finds nothing to load either
        return True
