"""What a file has beside its bytes, its owner and its mode, by an open descriptor."""

import errno
import os
from typing import List, Tuple

Attributes = List[Tuple[str, bytes]]
"""Extended attributes by their names: ACL, SELinux label and others."""


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
