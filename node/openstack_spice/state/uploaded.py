"""The program's copy in the login user's home: it goes with the record.

The home is the login user's: what is removed there is named exactly, in a folder that is opened without following anybody's links but
root's.
"""

import os
import re
import stat

from ..errors import CannotTell, Failed, Refused
from ..system import Files
from ..system.files import ROOT_ALONE
from .paths import uploaded_file

_NAME = re.compile(r"([a-z-]+-)[0-9a-f]+(\.sh)?\Z")  # versions before 0.2 had an ending
_FOLDER = ".openstack-spice"


def note_upload(files: Files, role: str, uploaded: str) -> None:
    """Notes where the login user's copy is and, by the time of the note, until when. Raises Failed."""
    if uploaded:
        files.create(uploaded_file(role), os.fsencode(uploaded) + b"\n", ROOT_ALONE, lambda path: None)


def remove_noted_upload(files: Files, role: str) -> None:
    """Removes what was uploaded for the role, by this version and earlier ones, before the note was written: what came later is for the run
    that follows this one, as where a node got another address. Each role has its own files. A home that cannot be read is no reason to
    fail."""
    try:
        note = files.read_if_there(uploaded_file(role))
        written = files.state(uploaded_file(role))
        if note is not None and written is not None:
            _remove_uploads(files, os.fsdecode(note.rstrip(b"\n")), written.st_mtime_ns)
    except (OSError, CannotTell, Failed, Refused):
        pass


def _remove_uploads(files: Files, uploaded: str, until: int) -> None:
    folder, _, name = uploaded.rpartition("/")
    found = _NAME.match(name)
    if found is None or os.path.basename(folder) != _FOLDER:
        return
    for other in files.names_if_there(folder):
        match = _NAME.match(other)
        if match is None or match.group(1) != found.group(1):
            continue
        state = files.state(folder + "/" + other)
        if state is not None and stat.S_ISREG(state.st_mode) and state.st_mtime_ns <= until:
            files.remove(folder + "/" + other)
    files.remove_folder_if_empty(folder)
