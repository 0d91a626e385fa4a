"""What the probe `options` answered, for as long as it is true: it is true until a file that the service may read, its unit, its process
or its packages are others."""

import hashlib
import json
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Failed
from ..nova.nova import Nova
from ..nova_conf.secrets import secrets_in, without_secrets
from ..state.paths import NOVA_CONF, answers_file, role_folder
from ..system.commands import Result
from ..system.files import ROOT_ALONE
from ..text import from_bytes, last_line, printable, to_bytes
from .program import ServiceProgram
from .units import Units

LARGEST = 65536  # characters of an answer
LONGEST = 4096  # characters of a value

# What the program itself needs to know: section, option, default where Nova's own counts, an older name. One answer has all.
WANTED: Tuple[Tuple[str, str, Optional[str], str, str], ...] = (
    ("DEFAULT", "compute_driver", None, "", ""),
    ("DEFAULT", "ssl_only", None, "", ""),
    ("DEFAULT", "cert", None, "", ""),
    ("DEFAULT", "web", None, "", ""),
    ("DEFAULT", "state_path", "/var/lib/nova", "", ""),
    ("DEFAULT", "instances_path", "$state_path/instances", "", ""),
    ("database", "connection", None, "DEFAULT", "sql_connection"),  # how it begins; it has a password in it
    ("libvirt", "virt_type", None, "DEFAULT", "libvirt_type"),
    ("spice", "html5proxy_host", None, "", ""),
    ("spice", "html5proxy_port", None, "", ""),
    ("vnc", "novncproxy_host", None, "DEFAULT", "novncproxy_host"),
    ("vnc", "novncproxy_port", None, "DEFAULT", "novncproxy_port"),
)


class Answer(NamedTuple):
    """What a service reads."""

    values: Mapping[str, str] = {}  # "section/option" -> value, "" where none is set
    ports: Tuple[int, ...] = ()  # of its message queue
    wrong: Tuple[Tuple[str, str, str, str], ...] = ()  # declared options that it reads otherwise: section, option, value, where from
    error: str = ""  # why there is no answer; for people, without any value


Ask = Callable[[str, bytes, Optional[bytes]], Result]


class Answers:
    """Asks, and keeps what was answered in the role's folder.

    :param ask: runs the probe: a unit, a request, nova.conf as planned
    """

    def __init__(self, context: Context, units: Units, program: ServiceProgram, nova: Nova, ask: Ask) -> None:
        self._context = context
        self._units = units
        self._program = program
        self._nova = nova
        self._ask = ask
        self._file = answers_file(context.role)
        self._known: Optional[Dict[str, Any]] = None
        self._changed = False

    def answer(self, unit: str, section: str = "", option: str = "") -> Answer:
        """What the service reads of WANTED, and of one option more where one is named. Raises Refused, CannotTell."""
        key = self._key(unit)
        known = self._of_key(unit, key)
        if known is not None and (not option or section + "/" + option in known.values):
            return known
        more = [(section, option, None, "", "")] if option and (section, option) not in [entry[:2] for entry in WANTED] else []
        answer = self._asked(unit, self._declared(), more, None)
        if not answer.error:
            if known is not None:
                answer = answer._replace(values=dict(known.values, **answer.values))
            self._note(unit, key, answer)
        return answer

    def of_declared(self, unit: str, planned: Optional[bytes]) -> Answer:
        """As :meth:`answer`, with the declared options that the service would not read as declared.

        :param planned: nova.conf as it would be
        """
        key = self._key(unit) if planned is None else ""
        known = self._of_key(unit, key) if key else None
        if known is not None and self._in_force_by_note(unit):
            return known
        answer = self._asked(unit, self._declared(), [], planned)
        if answer.error and planned is not None:
            as_it_is = self._asked(unit, [], [], None)
            if as_it_is.error:  # a line has the number there that people find it by
                return as_it_is
        if key and not answer.error:
            self._note(unit, key, answer)
        return answer

    def keep(self) -> None:
        """Writes what is known. Where it cannot be written the next run asks again."""
        if not self._changed or not self._known or not self._context.system.files.exists(role_folder(self._context.role)):
            return
        wanted = ["%s/%s" % entry[:2] for entry in WANTED]  # any other option could be a secret
        kept = {unit: dict(known, values={name: known["values"].get(name, "") for name in wanted}) for unit, known in self._known.items()}
        data = json.dumps(kept, sort_keys=True).encode("ascii")
        try:
            self._context.system.files.create(self._file, data, ROOT_ALONE, lambda path: None)
            self._changed = False
        except Failed:
            pass

    def _declared(self) -> List[Sequence[str]]:
        return [tuple(option.split("/", 1)) + (value,) for option, value in self._context.desired.options.items()]

    def _digest(self) -> str:
        """Of the declared options: their values are not kept."""
        return hashlib.sha256(json.dumps(self._declared(), sort_keys=True).encode("ascii")).hexdigest()

    def _in_force_by_note(self, unit: str) -> bool:
        """Whether the kept answer, which is still true, was that all of what is declared now is read as declared."""
        return self._known is not None and self._known[unit].get("in_force") == self._digest()

    def _asked(self, unit: str, declared: Sequence[Sequence[str]], more: Sequence[Sequence[Any]], planned: Optional[bytes]) -> Answer:
        request = dict(
            prog=self._program.name(unit),
            real=NOVA_CONF,
            arguments=self._program.arguments(unit),
            declared=declared,
            options=list(WANTED) + list(more),
        )
        return checked(self._ask(unit, json.dumps(request).encode("ascii"), planned), self._context.limits.probe_wait)

    def _of_key(self, unit: str, key: str) -> Optional[Answer]:
        if self._known is None:
            self._known = self._read()
        kept = self._known.get(unit)
        if not isinstance(kept, dict) or kept.get("key") != key:
            return None
        return answer_of(kept)

    def _note(self, unit: str, key: str, answer: Answer) -> None:
        if self._known is None:
            self._known = self._read()
        in_force = "" if answer.wrong else self._digest()
        self._known[unit] = {"key": key, "values": dict(answer.values), "ports": list(answer.ports), "in_force": in_force}
        self._changed = True

    def _read(self) -> Dict[str, Any]:
        try:
            value = json.loads((self._context.system.files.read_if_there(self._file, LARGEST) or b"{}").decode("ascii"))
        except (ValueError, CannotTell):
            return {}
        return value if isinstance(value, dict) else {}

    def _key(self, unit: str) -> str:
        """A digest of all that an answer depends on."""
        parts: List[Any] = [WANTED, self._nova.version(), self._nova.python(), self._units.main_process(unit), self._program.command(unit)]
        parts.append(sorted(self._units.variables(unit)))
        for path in self._program.files(unit) + self._units.files(unit):
            state = self._context.system.files.state(path)
            parts.append([path] + ([] if state is None else [state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns]))
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def checked(result: Result, seconds: int) -> Answer:
    """What the probe said, if it has the shape that it must have; else an answer with an error."""
    if result.timed_out:
        return Answer(error="no answer in %d s" % seconds)
    lines = [line for line in result.out[-LARGEST:].splitlines() if line.strip()]
    try:
        value = json.loads(lines[-1].decode("utf-8")) if lines else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return Answer(error=last_line(result.err)[:300] or "it says nothing")
    if "error" in value:
        return Answer(error=_error_text(value["error"]))
    return answer_of(value) or Answer(error="it says what cannot be understood")


def answer_of(value: Mapping[str, Any]) -> Optional[Answer]:
    """An answer from its JSON form; None where it has another shape."""
    values, ports, wrong = value.get("values"), value.get("ports"), value.get("wrong", [])
    if not isinstance(values, dict) or not all(_is_text(text) for pair in values.items() for text in pair):
        return None
    if not isinstance(ports, list) or not all(isinstance(port, int) and 0 < port < 65536 for port in ports):
        return None
    if not isinstance(wrong, list) or not all(isinstance(entry, list) and len(entry) == 4 and all(map(_is_text, entry)) for entry in wrong):
        return None
    return Answer(
        values, tuple(ports), tuple((entry[0], entry[1], shown_value(entry[1], entry[2]), printable(entry[3])) for entry in wrong)
    )


def shown_value(option: str, value: str) -> str:
    """A value as people may read it: without secrets, of its own or in lines that continue it by mistake."""
    text = to_bytes(value)
    return printable(from_bytes(without_secrets(text, secrets_in(to_bytes(option) + b" = " + text))))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _error_text(error: Any) -> str:
    """`FILE:LINE: KIND`."""
    if not isinstance(error, dict):
        return "it says what cannot be understood"
    file, line, kind = (error.get(name) for name in ("file", "line", "kind"))
    place = "%s%s: " % (file, ":%d" % line if isinstance(line, int) and line > 0 else "") if file else ""
    return printable(place + str(kind))[:300]
