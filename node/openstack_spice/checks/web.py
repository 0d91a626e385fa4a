"""The pages that the proxies of a controller serve, and the database in which they look up tokens."""

from typing import List, Optional, Tuple

from ..context import Context
from ..errors import CannotTell, Refused
from ..nova.nova import Nova
from ..nova_conf.ini import Ini, plain, spelled
from ..services.program import ServiceProgram
from ..services.units import Units
from ..state.paths import NOVA_CONF
from ..text import printable, to_bytes

PAGE = "spice_auto.html"
STANDARD_FOLDER = "/usr/share/spice-html5"  # the default of [DEFAULT] web, and where the platforms' packages put the page
FIRST_WITH_TOKENS_IN_DATABASE = 18  # before, nova-consoleauth is asked; until it went, it still can be
FIRST_WITHOUT_CONSOLEAUTH = 20


def check_web_server(context: Context, units: Units, web_server: str) -> None:
    """The recipe's restart of the web server needs one. Raises Refused, CannotTell."""
    if "restart-httpd" in context.desired.recipe and units.is_absent(web_server):
        raise Refused("no-web-server", unit=web_server)


def check_web_of_novnc(context: Context, units: Units, program: ServiceProgram) -> None:
    """With [DEFAULT] web in nova.conf, a noVNC proxy without --web would serve the SPICE pages. Raises Refused, CannotTell."""
    unit = context.platform.novnc_unit
    if "DEFAULT/web" not in context.desired.options or not units.is_active(unit):
        return
    if not any(word.startswith("--web") for word in program.command(unit)):
        raise Refused("web-of-novnc", unit=unit)


def check_web_folder(context: Context, nova: Nova, program: ServiceProgram) -> None:
    """Refuses where the SPICE proxy would serve a folder that has no page of a SPICE client, such as noVNC's. Raises Refused, CannotTell.

    What is yet to be installed is not looked for: the standard folder, and a folder that an own package of the document's makes.
    """
    unit = context.platform.spice_unit
    folder, source = _folder(context, nova, program)
    if not folder or folder.rstrip("/") == STANDARD_FOLDER:
        return
    try:
        found = context.system.files.is_folder(folder)
        page = found and context.system.files.exists(folder.rstrip("/") + "/" + PAGE)
    except Refused:
        return  # over a link that is not root's: the page's own check finds what is there
    except OSError as error:
        raise CannotTell(folder, error.strerror or str(error))
    if page or (not found and context.desired.web_client.package):
        return
    raise Refused("web-without-page", unit=unit, folder=folder, source=source)


def report_console_database(context: Context, nova: Nova) -> None:
    """Says where the proxy has no database of a cell to look up tokens in: its pages are served all the same, and no console comes.
    Raises Refused, CannotTell."""
    release = nova.major()
    if release < FIRST_WITH_TOKENS_IN_DATABASE:
        return
    connection = nova.option("database", "connection", "")
    if connection and not connection.startswith("sqlite:"):
        return
    if release < FIRST_WITHOUT_CONSOLEAUTH and spelled(to_bytes(nova.option("workarounds", "enable_consoleauth", ""))) == b"true":
        return
    state = "is a file of this node (%s)" % printable(connection) if connection else "is not set"
    context.reporter.warn("console-database", file=NOVA_CONF, state=state)


def _folder(context: Context, nova: Nova, program: ServiceProgram) -> Tuple[str, str]:
    """The folder whose pages the SPICE proxy would serve, and what says so. In oslo.config the command line wins over variables, and
    those over files."""
    unit = context.platform.spice_unit
    own = context.desired.web_client.folder or context.desired.web_client.archive
    in_command = _argument(program.command(unit), "--web")
    if in_command is not None and not (own and _is_ours(in_command, context)):
        return in_command, "--web on its command line says so"
    if own:
        return "", ""  # our drop-in says it, to this proxy alone
    variable = program.environment(unit).get("OS_DEFAULT__WEB")
    if variable:
        return variable, "the variable OS_DEFAULT__WEB of its unit says so"
    declared = context.desired.options.get("DEFAULT/web")
    if declared:
        return plain(declared.encode("ascii")).decode("ascii"), "[DEFAULT] web is declared so"
    return nova.option("DEFAULT", "web", STANDARD_FOLDER), "[DEFAULT] web of %s says so" % _file_with_web(context, program)


def _is_ours(folder: str, context: Context) -> bool:
    return folder == context.desired.web_client.folder or "/openstack-spice/web-client-" in folder


def _argument(words: List[str], name: str) -> Optional[str]:
    """The last value of an argument."""
    found: Optional[str] = None
    for i, word in enumerate(words):
        if word.startswith(name + "="):
            found = word[len(name) + 1 :]
        elif word == name and i + 1 < len(words):
            found = words[i + 1]
    return found


def _file_with_web(context: Context, program: ServiceProgram) -> str:
    """The last of the files that are surely read in which [DEFAULT] web stands."""
    files = [word.split("=", 1)[-1] for word in program.arguments(context.platform.spice_unit)]
    candidates = list(context.platform.config) + [NOVA_CONF] + [file for file in files if file.endswith(".conf")]
    for file in reversed(candidates):
        data = context.system.files.read_if_there(file) if not context.system.files.is_folder(file) else None
        if data is not None and Ini(data).definition("DEFAULT", "web") is not None:
            return file
    return NOVA_CONF
