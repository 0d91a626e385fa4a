"""The links by which a boot knows what to start: systemd's, and those of init scripts, which `systemctl enable` sets too."""

from ..system import Files

UNITS = "/etc/systemd/system"
LEVELS = tuple("/etc/rc%s.d" % level for level in "0123456S")


def sync_boot_links(files: Files) -> None:
    """Makes durable what `systemctl enable` or `disable` did, which sync nothing themselves. What the program syncs later does that only
    where /etc and the record are on one file system. Raises Failed, CannotTell."""
    of_units = [UNITS + "/" + name for name in files.names_if_there(UNITS) if name.endswith((".wants", ".requires"))]
    for folder in of_units + [UNITS] + list(LEVELS):
        if files.is_folder(folder):
            files.sync(folder)
