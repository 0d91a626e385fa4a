# What a service of Nova's reads, by the node's own oslo.config. Python 2.7 to 3.14. Standard input: a request in JSON; standard
# output: an answer in JSON. No line of a file is in an error, since it can be a password; nor is a value that was not asked for.
import io
import json
import os
import re
import sys
import threading

KINDS = (
    "Unexpected continuation line",
    "Invalid section (must end with ])",
    "No ':' or '=' found in assignment",
    "Key cannot be empty",
    "Empty section name",
)
EARLY = ("DEFAULT", "concurrency_backend")  # read before oslo.config, from the files that arguments name (nova/monkey_patch.py, 34)
EARLY_VARIABLE = "OS_NOVA_DISABLE_EVENTLET_PATCHING"
REFERENCE = re.compile(r"(?<!\$)(\$\$)*\$[{A-Za-z_]")
URLS = (("database", "connection"),)  # with passwords in them


def answer(**members):
    sys.stdout.write("\n" + json.dumps(members) + "\n")
    sys.stdout.flush()
    os._exit(0)


try:
    from oslo_config import cfg
except ImportError:
    answer(error={"kind": "no-oslo"})


def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


if sys.version_info[0] > 2:

    def opened(name, mode="r", **_):
        # Comments are in whatever encoding their author had, and the locale of a service is C.
        return io.open(name, mode) if "b" in mode else io.open(name, mode, encoding="utf-8", errors="surrogateescape")

    cfg.open = opened

request = json.loads(sys.stdin.read())
prog, real = str(request["prog"]), str(request["real"])
copy = sys.argv[1] if len(sys.argv) > 1 else ""  # nova.conf as it would be
arguments = [str(word) if sys.version_info[0] > 2 else word.encode("utf-8") for word in request["arguments"]]
environment = dict((name, os.environ.pop(name)) for name in list(os.environ) if name.startswith("OS_"))
has_folders = hasattr(cfg, "find_config_dirs")
none = dict(default_config_files=[], default_config_dirs=[]) if has_folders else dict(default_config_files=[])


def in_place(path):
    return copy if copy and os.path.realpath(path) == os.path.realpath(real) else path


def named(path):
    return real if copy and path == copy else path


def words_in_place():
    words = []
    for word in arguments:
        name, equal, value = word.partition("=")
        words.append(name + equal + in_place(value) if equal else in_place(word) if word.startswith("/") else word)
    return words


def group_of(name):
    return None if name == "DEFAULT" else name


def read(options, args, **kwargs):
    # options: (group, name) -> keyword arguments of its StrOpt
    conf = cfg.ConfigOpts()
    for (group, name), keywords in options.items():
        conf.register_opt(cfg.StrOpt(name, **keywords), group=group_of(group))
    conf(args, **kwargs)
    return conf


def value(conf, group, name):
    for _ in range(9):
        try:
            if group != "DEFAULT":
                return text(getattr(conf[group], name))
            # The attribute would hide which option it is that is not known.
            return text(conf._get(name) if hasattr(cfg.ConfigOpts, "_get") else getattr(conf, name))
        except cfg.NoSuchOptError as other:  # the value refers to it
            if other.opt_name == name:
                raise
            conf.register_opt(cfg.StrOpt(other.opt_name), group=other.group)
    return None


def kind_of_url(conf, group, name):
    # How it begins, but of a file all.
    try:
        url = value(conf, group, name) or ""
    except Exception:  # a password that looks like a reference to another option
        return "unknown"
    if not url or url.startswith("sqlite:"):
        return url
    return url.split("://")[0] if "://" in url else "unknown"


def source(conf, group, name):
    if not hasattr(conf, "get_location"):  # before Stein
        return "another file or a variable"
    try:
        place = conf.get_location(name, group_of(group))
    except Exception:
        return "another file or a variable"
    if place is None:
        return "default"
    return text(named(place.detail or place.location.name))


def spelled(found):
    lower = text(found).lower() if found is not None else "none"
    return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(lower, lower if lower in ("true", "false") else text(found))


def declared_values(declared):
    # As oslo.config reads what is written, from a pipe.
    lines = "".join("[%s]\n%s = %s\n" % tuple(entry) for entry in declared).encode("utf-8")
    reading, writing = os.pipe()

    def write():
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(lines)

    writer = threading.Thread(target=write)
    writer.daemon = True
    writer.start()
    options = dict(((str(group), str(name)), {}) for group, name, _ in declared)
    # A value that refers to another option is what somebody had written before: it is read after the files in which that one stands.
    before = all_files() if any(REFERENCE.search(entry[2]) for entry in declared) else []
    conf = read(options, before + ["--config-file", "/dev/fd/%d" % reading], **none)
    return dict((option, value(conf, *option)) for option in options)


def all_files():
    words = words_in_place()
    if not any(word.startswith("--config-file") for word in words):
        words += ["--config-file=" + in_place(path) for path in cfg.find_config_files(project="nova", prog=prog)]
    if has_folders and not any(word.startswith("--config-dir") for word in words):
        words += ["--config-dir=" + path for path in cfg.find_config_dirs(project="nova", prog=prog)]
    return words


def early():
    answer = environment.get(EARLY_VARIABLE, "")
    if answer:
        return ("threading" if answer.lower() in ("1", "true", "yes") else "eventlet"), EARLY_VARIABLE
    variables = dict((name, os.environ.pop(name)) for name in list(os.environ) if name.startswith("OS_"))
    try:
        conf = read({EARLY: {}}, words_in_place(), project="nova", prog=prog, **none)
        found, place = value(conf, *EARLY), source(conf, *EARLY)
    finally:
        os.environ.update(variables)
    return (found, place) if found is not None else (None, "no file that --config-file or --config-dir names")


def queue_ports(conf):
    # Nova's releases before Ocata can do without the URL: rabbit_host, rabbit_port and rabbit_hosts, as oslo.messaging has them.
    group = conf.oslo_messaging_rabbit
    url = text(conf.transport_url) or (text(conf.rpc_backend) or "rabbit") + "://"
    servers = re.split("[/?#]", url.split("://", 1)[1], 1 if sys.version_info[0] < 3 else 0)[0].split(",")
    if servers == [""]:
        servers = [server.strip() for server in (text(group.rabbit_hosts) or "").split(",") if server.strip()]
        servers = servers or ["%s:%s" % (group.rabbit_host or "localhost", group.rabbit_port or 5672)]
    if not re.match("(rabbit|kombu|amqp)([+:]|$)", url):
        return []
    ports = [re.search(r":([0-9]+)$", re.sub(r"\[.*\]", "", server.rsplit("@", 1)[-1])) for server in servers]
    return sorted(set(int(port.group(1)) if port else 5672 for port in ports))


def files_and_folders():
    usual = {}
    if not any(word.startswith("--config-file") for word in arguments):
        usual = dict(default_config_files=[in_place(path) for path in cfg.find_config_files(project="nova", prog=prog)])
    return usual


def main():
    declared = [tuple(entry) for entry in request["declared"]]
    wanted = declared_values(declared) if declared else {}
    os.environ.update(environment)
    old = dict(deprecated_group="DEFAULT")
    rabbit = [("oslo_messaging_rabbit", name) for name in ("rabbit_host", "rabbit_port", "rabbit_hosts")]
    options = dict(((group, name), old) for group, name in rabbit)
    options[("DEFAULT", "transport_url")] = dict(secret=True)
    options[("DEFAULT", "rpc_backend")] = {}
    asked = []
    for group, name, default, old_group, old_name in request["options"]:
        asked.append((str(group), str(name)))
        options[asked[-1]] = dict(default=None if default is None else str(default))
        if old_name:
            options[asked[-1]].update(deprecated_group=str(old_group), deprecated_name=str(old_name))
    for option in wanted:
        options.setdefault(option, {})
    conf = read(options, words_in_place(), project="nova", prog=prog, **files_and_folders())
    values = dict(("/".join(option), kind_of_url(conf, *option) if option in URLS else value(conf, *option) or "") for option in asked)
    wrong = []
    for option in sorted(wanted):
        found, place = value(conf, *option), source(conf, *option)
        if option == EARLY:
            found, place = early()
        if spelled(wanted[option]) != spelled(found):
            wrong.append([option[0], option[1], text(found) if found is not None else "None", place])
    return dict(values=values, wrong=wrong, ports=queue_ports(conf))


def described(error):
    found = re.search(r"\bat (.+?):(\d+), (.*)", str(error), re.DOTALL)
    if isinstance(error, cfg.ConfigFileParseError) and found:
        kind = [kind for kind in KINDS if found.group(3).startswith(kind)]
        return {"file": named(found.group(1)), "line": int(found.group(2)), "kind": (kind or ["it cannot be parsed"])[0]}
    files = getattr(error, "config_files", None) or [getattr(error, "config_file", None) or getattr(error, "config_dir", None) or ""]
    kinds = {
        "ConfigFilesNotFoundError": "it is not there",
        "ConfigFilesPermissionDeniedError": "it may not be read by the service's user",
        "ConfigDirNotFoundError": "it is not there",
    }
    kind = type(error).__name__
    return {"file": named(text(files[0])), "line": 0, "kind": kinds.get(kind, kind)}


try:
    members = main()
except Exception as error:
    members = dict(error=described(error))
answer(**members)
