"""Kinds of change of nova.conf: `option`, one definition, and `section`, one header."""

from typing import Iterator, Optional, Tuple

from ..context import Context
from ..document.desired import Desired
from ..nova_conf.ini import Ini, plain, same_value, value_of_definition
from ..nova_conf.origins import OPTIONS as ORIGINS
from ..nova_conf.origins import merged_origins, origins_of
from ..nova_conf.secrets import secrets_in, without_secrets
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.paths import NOVA_CONF
from ..text import ABSENT, bytes_of, from_bytes, present, to_bytes
from .edits import Edits
from .kind import Kind, Pass, Planned

UNSET = "(unset)"


class OptionKind(Kind):
    """`option FILE SECTION/OPTION`: `-`, or the raw lines of the definition in force."""

    name = "option"
    made_in = Pass.FILES

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def read(self, where: str, what: str) -> str:
        lines = self._edits.ini(where).definition(*what.split("/", 1))
        # As a line of the file: with the newline that follows it.
        return ABSENT if lines is None else present(lines + b"\n")

    def set(self, entry: Entry, journal: Journal) -> None:
        section, option = entry.what.split("/", 1)
        ini = self._edits.ini(entry.where)
        if entry.written == ABSENT:
            self._edits.edit(entry.where, ini.without(section, option))
        else:
            self._edits.edit(entry.where, ini.put(section, option, bytes_of(entry.written)[:-1]))

    def subject(self, where: str, what: str) -> str:
        return what

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return definition_text(entry.former), definition_text(entry.written)


class SectionKind(Kind):
    """`section FILE "SECTION blank|tight"`: `-` or `there`; `blank` has an empty line before it."""

    name = "section"
    made_in = Pass.FILES

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def read(self, where: str, what: str) -> str:
        return "there" if self._edits.ini(where).sections(what.split(" ")[0]) else ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        section, layout = entry.what.split(" ")
        ini = self._edits.ini(entry.where)
        edit = ini.without_section if entry.written == ABSENT else ini.with_section
        self._edits.edit(entry.where, edit(section, layout == "blank"))

    def subject(self, where: str, what: str) -> str:
        return "[%s]" % what.split(" ")[0]

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return None


def plan_options(context: Context, option_kind: OptionKind, section_kind: SectionKind) -> Iterator[Planned]:
    """Every declared option that oslo.config would not read as declared; and each option that an earlier document declared and this
    one does not, which gets its former definition back where ours is still there. Raises CannotTell."""
    ini = Ini(context.system.files.read(NOVA_CONF))
    opened = set()
    for option, written in context.desired.options.items():
        section, name = option.split("/", 1)
        value = ini.value(section, name)
        former = option_kind.read(NOVA_CONF, option)
        if value is not None and same_value(value, to_bytes(written)):
            continue
        if section not in opened and ini.sections(section) == 0:
            opened.add(section)
            layout = "tight" if ini.last_line_is_blank() else "blank"
            entry = Entry(section_kind.name, NOVA_CONF, section + " " + layout, ABSENT, "there")
            yield Planned(entry, "(none)", "added")
        entry = Entry(option_kind.name, NOVA_CONF, option, former, present(to_bytes("%s = %s\n" % (name, written))))
        yield Planned(entry, definition_text(former), from_bytes(plain(to_bytes(written))))
    for entry in context.record.of_kind(option_kind.name):
        if entry.what in context.desired.options:
            continue
        if option_kind.read(entry.where, entry.what) == entry.written:
            yield option_kind.planned(entry.where, entry.what, entry.written, entry.former)
        else:
            context.reporter.warn("no-longer-declared", subject=entry.what)


def with_merged_origins(context: Context) -> Desired:
    """The document with `[console] allowed_origins` as it is to be written: what stands there is noVNC's too, and stays. To be called
    when options are called as this Nova calls them, and before anything is planned, so that the proof expects what is written.
    Raises CannotTell."""
    desired = context.desired
    declared = [option for option in ORIGINS if option in desired.options]
    if not declared:
        return desired
    option = declared[0]
    written = desired.options[option]
    current = _origins_in_force(context, option)
    entry = context.record.find(OptionKind.name, NOVA_CONF, option)
    former, ours = (None, None) if entry is None else (entry.former, entry.written)
    merged = merged_origins(written, current, former, ours)
    kept = [origin for origin in origins_of(to_bytes(merged)) if origin not in origins_of(to_bytes(written))]
    if kept and (current is None or not same_value(current, to_bytes(merged))):
        section, name = option.split("/", 1)
        context.reporter.warn("origins-kept", section=section, option=name, unit=context.platform.novnc_unit, origins=", ".join(kept))
    return desired._replace(options={name: merged if name == option else value for name, value in desired.options.items()})


def _origins_in_force(context: Context, option: str) -> Optional[bytes]:
    """The value that stands in nova.conf, under either name, or in a file that is read before it."""
    for file in (NOVA_CONF,) + tuple(reversed(context.platform.config)):
        ini = Ini(context.system.files.read_if_there(file) or b"")
        for name in (option,) + ORIGINS:
            value = ini.value(*name.split("/", 1))
            if value is not None:
                return value
    return None


def definition_text(state: str) -> str:
    """An option's state as people read it: without the secrets of lines that continue it, by mistake mostly."""
    if state == ABSENT:
        return UNSET
    definition = bytes_of(state)[:-1]
    return from_bytes(without_secrets(to_bytes(value_of_definition(definition)), secrets_in(definition)))
