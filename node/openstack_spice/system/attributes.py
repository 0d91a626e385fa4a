"""What a file has beside its bytes, its owner and its mode, by an open descriptor."""

import errno
import fcntl
import os
import struct
import sys
from typing import List, Tuple

Attributes = List[Tuple[str, bytes]]
"""Extended attributes by their names: ACL, SELinux label and others."""

# The flags of chattr that a regular file can have and anybody may want, in chattr's order: s u c S d A t of FS_FL_USER_MODIFIABLE
# (linux/fs.h), and m j C x, which are not in that mask and are set by the same request. Not i and a: such a file is not replaced. All
# others are the file system's own.
_KEPT_FLAGS = 0x1 | 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x8000 | 0x400 | 0x4000 | 0x800000 | 0x2000000
_NO_FLAGS = (errno.ENOTTY, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)  # what file systems say that have none


def attributes_of(descriptor: int) -> Attributes:
    """The extended attributes, ACL and SELinux label among them; none on a file system that has none. Raises OSError."""
    try:
        return [(key, os.getxattr(descriptor, key)) for key in os.listxattr(descriptor)]
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return []
        raise


def remove_inherited_acl(descriptor: int) -> None:
    """Takes away what a new file got from a default ACL of its folder: nobody gets more than the former file gave. Raises OSError."""
    try:
        os.removexattr(descriptor, "system.posix_acl_access")
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP):
            raise


def flags_of(descriptor: int) -> int:
    """The flags of chattr that are kept when a file is replaced; 0 on a file system that has none. Raises OSError."""
    try:
        return _flags(descriptor) & _KEPT_FLAGS
    except OSError as error:
        if error.errno in _NO_FLAGS:
            return 0
        raise


def set_flags(descriptor: int, flags: int) -> None:
    """Gives a new file the flags of a former one. To be called while it is empty: C has to be there before the first byte. Raises
    OSError.

    :param flags: as :func:`flags_of` gave them; with 0 nothing is asked, and what the file has from its folder stays
    """
    if flags:
        wanted = _flags(descriptor) & ~_KEPT_FLAGS | flags
        fcntl.ioctl(descriptor, _requests()[1], bytearray(struct.pack("=I4x", wanted)), True)


def flag_requests(machine: str, size: int) -> Tuple[int, int]:
    """The numbers of FS_IOC_GETFLAGS and FS_IOC_SETFLAGS (linux/fs.h), which are `_IOR` and `_IOW` of 'f', 1 and 2.

    :param machine: as `uname -m` says; some number a request's direction as asm/ioctl.h of powerpc does
    :param size: bytes of a C `long`
    """
    is_other = machine.startswith(("ppc", "mips", "sparc", "alpha", "parisc"))
    read, write = (1 << 30, 1 << 31) if is_other else (1 << 31, 1 << 30)
    common = size << 16 | ord("f") << 8
    return read | common | 1, write | common | 2


def _requests() -> Tuple[int, int]:
    return flag_requests(os.uname().machine, struct.calcsize("l"))


def _flags(descriptor: int) -> int:
    """All its flags: an `int`, in spite of the `long` in the request's number. Raises OSError."""
    found = bytearray(8)
    fcntl.ioctl(descriptor, _requests()[0], found, True)
    return int.from_bytes(found[:4], sys.byteorder)
