"""What rpm's database says, and whether it says anything: rpm calls a package "not installed" too where it cannot open its database."""

from typing import Dict, List, Sequence, Set

from ..system.commands import Commands, Result
from .tool import NOTHING, Installed, cannot_tell, text_of_output

# `%|EPOCH?` is an if.
VERSION = "%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}"
_FORMAT = "%{NAME}\\t" + VERSION + "\\t%{ARCH}\\n"


def installed(commands: Commands, names: Sequence[str], seconds: float) -> Dict[str, Installed]:
    """What is installed of each. Raises CannotTell."""
    found = {name: NOTHING for name in names}
    for line in _answers(commands, _FORMAT, names, seconds):
        name, version, architecture = line.split("\t")
        if name in found:
            # The last one, where a package is installed twice.
            found[name] = Installed(version, architecture, True)
    return found


def keys_installed(commands: Commands, keys: Sequence[str], seconds: float) -> Set[str]:
    """Those of the public keys, named by VERSION-RELEASE, that rpm trusts. Raises CannotTell."""
    answers = _answers(commands, "%{VERSION}-%{RELEASE}\\n", ["gpg-pubkey-" + key for key in keys], seconds)
    return set(keys) & set(answers)


def says_error(result: Result) -> bool:
    """Whether rpm failed itself, whatever it says of packages."""
    return any(line.startswith(b"error:") for line in result.err.splitlines()) or result.status in (124, 127)


def _answers(commands: Commands, form: str, labels: Sequence[str], seconds: float) -> List[str]:
    """A line for each package that is installed."""
    if not labels:
        return []
    result = commands.run(["rpm", "-q", "--qf", form] + list(labels), seconds)
    lines = text_of_output(result.out).splitlines()
    not_there = {"package %s is not installed" % label for label in labels}
    absent = [line for line in lines if line in not_there]
    # Where all of them are there, and only then, the status is 0.
    if says_error(result) or result.ok != (not absent) or len(lines) < len(labels):
        raise cannot_tell("packages", result, "rpm")
    return [line for line in lines if line not in not_there]
