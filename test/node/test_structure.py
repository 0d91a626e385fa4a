"""How the node program is built: what its modules may import, hold and do. Each rule is shown to catch what it forbids."""

import ast
import pathlib
import re
import string
from typing import Dict, Iterator, List, Set, Tuple

import pytest
from openstack_spice import messages

ROOT = pathlib.Path(__file__).resolve().parents[2] / "node" / "openstack_spice"

# From below: a module imports only from its own layer and those before it. A name stands for all that is below it, the longest wins.
LAYERS: Tuple[Tuple[str, ...], ...] = (
    ("errors", "text", "limits", "messages", "state.paths"),
    ("system",),
    ("firewall_oracle",),  # a program of its own, and who asks it
    ("document", "nova_conf"),
    ("state", "reporter"),
    ("context",),
    ("changes.kind", "changes.edits", "changes.shell", "changes.whole_files"),  # changes that know no service
    ("services", "packages", "firewall", "nova"),
    ("changes",),
    ("checks",),
    ("parts",),
    ("roles",),
    ("runs",),
    ("main", "__main__"),
)

LONGEST_MODULE = 400  # lines
LONGEST_FUNCTION = 60

# Who else than system/ may have a module that reaches the node: these locks, this socket, whoever looks up a user or compares paths.
REACHES: Dict[str, Set[str]] = {
    "state.lock": {"os.open", "os.close"},
    "state.audit": {"socket"},
    "nova.busy": {"os.path.realpath"},  # a path is compared with those of open files
    "reporter": {"os.write"},  # standard output and standard error
    # A process of its own, which looks at the node and changes only a copy.
    "firewall_oracle.boot_files": {"open", "os.chdir", "os.mkdir", "os.rename", "socket"},
    "firewall_oracle.connecting": {"socket"},
    "firewall_oracle.copied_network": {"open"},
    "firewall_oracle.modules": {"open", "os.path.exists", "os.path.isdir"},
    "firewall_oracle.namespaces": {
        "ctypes",
        "open",
        "os._exit",
        "os.access",
        "os.close",
        "os.fork",
        "os.getppid",
        "os.open",
        "os.pipe",
        "os.read",
        "os.waitpid",
        "os.write",
        "subprocess",
    },  # fmt: skip
    "firewall_oracle.node_network": {"open", "os.path.exists"},
    "firewall_oracle.oracle": {"os.path.abspath"},  # where the program itself lies
    "firewall_oracle.program": {"os.getppid"},
    "firewall_oracle.proof": {"os.getppid"},
    "firewall_oracle.question": {"socket"},
    "firewall_oracle.netlink": {"socket"},
    "firewall_oracle.ruleset": {"ctypes", "open", "os.path.isdir", "socket"},
}
# Of the module os, what is no matter of the node's files.
HARMLESS = {
    "environ", "fsencode", "fsdecode", "getpid", "geteuid", "urandom", "uname", "umask", "strerror", "stat_result", "path", "kill",
}  # fmt: skip
REACHING = {"subprocess", "socket", "shutil", "tempfile", "pathlib", "multiprocessing", "ctypes", "mmap"}
HARMLESS_PATH = {"join", "dirname", "basename", "split", "normpath", "isabs", "splitext", "commonpath"}
CATCHES_ALL = {"changes.transaction", "main"}


def modules() -> Dict[str, ast.Module]:
    """All modules but the probes, which are programs of their own, by their names in the package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if not name.startswith("probes."):
            found[re.sub(r"\.?__init__$", "", name)] = ast.parse(path.read_text("ascii"))
    return found


MODULES = modules()
PACKAGES = {".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.rglob("__init__.py")}


def imports(name: str, tree: ast.Module) -> Set[str]:
    """What a module imports of the program at run time, by names in the package."""
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node not in for_types:
            parts = name.split(".") if name else []
            up = node.level - (1 if name in PACKAGES else 0)
            base = parts[: len(parts) - up] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                inner = ".".join(base + [alias.name])
                found.add(inner if inner in MODULES else ".".join(base))
    return found


def layer(name: str) -> int:
    """Its number; the package itself and what is in no layer are above all."""
    names = [(len(known), number) for number, layer in enumerate(LAYERS) for known in layer if (name + ".").startswith(known + ".")]
    return max(names)[1] if names else len(LAYERS)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """All functions and methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def test_every_module_has_a_layer():
    assert [name for name in MODULES if name and layer(name) == len(LAYERS)] == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_downwards(name):
    assert [other for other in imports(name, MODULES[name]) if layer(other) > layer(name)] == []


def test_no_modules_import_each_other_in_a_circle():
    assert circles({name: imports(name, tree) for name, tree in MODULES.items()}) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def circles(graph: Dict[str, Set[str]]) -> List[List[str]]:
    """Groups that reach each other."""
    reached = {name: set(others) for name, others in graph.items()}
    grown = True
    while grown:
        grown = False
        for others in reached.values():
            more = set().union(*(reached.get(other, set()) for other in others)) if others else set()
            if not more <= others:
                others |= more
                grown = True
    groups = {tuple(sorted(other for other in reached if name in reached[other] and other in reached[name])) for name in reached}
    return [list(group) for group in sorted(groups) if group]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_short_and_so_are_its_functions(name):
    path = ROOT / (name.replace(".", "/") + ".py") if name not in PACKAGES else ROOT / name.replace(".", "/") / "__init__.py"
    assert len(path.read_text("ascii").splitlines()) <= LONGEST_MODULE
    assert [function.name for function in functions(MODULES[name]) if length(function) > LONGEST_FUNCTION] == []


def length(node: ast.AST) -> int:
    """Lines of a function, by the last line that anything of it begins in."""
    lines = [inner.lineno for inner in ast.walk(node) if hasattr(inner, "lineno")]
    return max(lines) - min(lines) + 1


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_holds_no_state(name):
    assert list(mutable(MODULES[name])) == []


def mutable(tree: ast.Module) -> Iterator[str]:
    """Names of a module with a value that can be changed in place; one that is annotated as Mapping is not for that."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names, value, annotation = [ast.dump(target) for target in node.targets], node.value, ""
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            names, value, annotation = [ast.dump(node.target)], node.value, ast.dump(node.annotation)
        else:
            continue
        changeable = isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)) or (
            isinstance(value, ast.Call) and ast.dump(value.func).split("'")[1] in ("list", "dict", "set", "defaultdict", "Counter", "deque")
        )
        if changeable and "'Mapping'" not in annotation and "__all__" not in names[0]:
            yield names[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield "global " + " ".join(node.names)


def test_state_would_be_found():
    text = "A = []\nB: Dict[str, int] = {}\nC: Mapping[str, int] = {}\nD = (1, 2)\nE = dict()\ndef f():\n    global A\n"
    assert len(list(mutable(ast.parse(text)))) == 4


@pytest.mark.parametrize("name", sorted(set(MODULES) - CATCHES_ALL))
def test_nobody_else_catches_whatever_comes(name):
    assert [node.lineno for node in catches_all(MODULES[name])] == []


def catches_all(tree: ast.AST) -> Iterator[ast.ExceptHandler]:
    """Handlers of every exception, but for those that tidy up and raise it again."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        names = {inner.id for inner in ast.walk(node.type) if isinstance(inner, ast.Name)} if node.type else {"Exception"}
        last = node.body[-1]
        if names & {"Exception", "BaseException"} and not (isinstance(last, ast.Raise) and last.exc is None):
            yield node


def test_what_catches_all_would_be_found():
    text = "try:\n    a()\nexcept %s:\n    b()\n%s"
    found = [len(list(catches_all(ast.parse(text % pair)))) for pair in (("Exception", ""), ("(A, BaseException)", ""), ("ValueError", ""))]
    assert found == [1, 1, 0]
    assert list(catches_all(ast.parse("try:\n    a()\nexcept BaseException:\n    b()\n    raise\n"))) == []
    assert len(list(catches_all(ast.parse("try:\n    a()\nexcept:\n    pass\n")))) == 1


@pytest.mark.parametrize("name", sorted(name for name in MODULES if not name.startswith("system")))
def test_only_system_reaches_the_node(name):
    assert sorted(set(reaches(MODULES[name])) - REACHES.get(name, set())) == []


def reaches(tree: ast.AST) -> Iterator[str]:
    """What opens, lists or changes a file, runs a command or talks to a socket."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield "open"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr not in HARMLESS:
            if not node.attr.isupper():  # a flag
                yield "os." + node.attr
        elif isinstance(node, ast.Attribute) and is_os_path(node.value) and node.attr not in HARMLESS_PATH:
            yield "os.path." + node.attr
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in REACHING:
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module in REACHING:
            yield node.module


def is_os_path(node: ast.AST) -> bool:
    """Whether it is `os.path`."""
    return isinstance(node, ast.Attribute) and node.attr == "path" and isinstance(node.value, ast.Name) and node.value.id == "os"


def test_what_reaches_the_node_would_be_found():
    text = (
        "import subprocess, os\nfrom shutil import rmtree\nopen('x')\nos.unlink('x')\nos.path.exists('x')\nos.path.join('x')\nos.getpid()\n"
    )
    assert sorted(reaches(ast.parse(text))) == ["open", "os.path.exists", "os.unlink", "shutil", "subprocess"]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_what_is_public_says_what_it_guarantees(name):
    tree = MODULES[name]
    assert ast.get_docstring(tree), "the module"
    assert [node.name for node in undocumented(tree)] == []


def undocumented(tree: ast.Module) -> "Iterator[ast.ClassDef | ast.FunctionDef]":
    """Public classes, functions and methods without a docstring. What a class has from its base is documented there."""
    for node in tree.body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                is_public = isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
                if is_public and not ast.get_docstring(inner) and inner.name not in inherited(node):
                    yield inner


def inherited(node: ast.ClassDef) -> Set[str]:
    """Names that the class can have from its bases in this program."""
    found: Set[str] = set()
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    for tree in MODULES.values():
        for other in tree.body:
            if isinstance(other, ast.ClassDef) and other.name in bases:
                found |= {inner.name for inner in other.body if isinstance(inner, ast.FunctionDef)} | inherited(other)
    return found


def constant_text(node: ast.AST) -> str:
    """The text that stands there, else nothing. Before Python 3.8 it is another node, `Str`, whose text is `s`."""
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else getattr(node, "s", None)
    return value if isinstance(value, str) else ""


STOPS = ("Refused", "Failed", "BadDocument", "Stop")


def raised() -> Iterator[Tuple[str, str, Set[str]]]:
    """Every message that the program stops with: the module, the id, the facts."""
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STOPS:
                facts = {keyword.arg or "**" for keyword in node.keywords}
                given = node.args[0] if node.args else node
                for one in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
                    yield name, constant_text(one), facts


def places(message) -> Set[str]:
    """The facts that a text has places for."""
    return {field for text in message for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_message_is_in_the_catalogue_with_all_its_facts():
    catalogue = messages.catalogue()
    wrong = []
    for name, message, facts in raised():
        if message not in catalogue:
            wrong.append("%s: '%s' is not there" % (name, message))
        elif "**" not in facts and not places(catalogue[message]) <= facts:
            wrong.append("%s: %s lacks %s" % (name, message, sorted(places(catalogue[message]) - facts)))
    assert wrong == []


def test_every_message_of_the_catalogue_is_used():
    used = {constant_text(node) for name, tree in MODULES.items() if not name.startswith("messages") for node in ast.walk(tree)}
    assert sorted(set(messages.catalogue()) - used) == []


def test_all_text_is_ascii():
    for path in ROOT.parent.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".sh", ".toml"):
            path.read_bytes().decode("ascii")


@pytest.mark.parametrize("path", sorted(ROOT.glob("probes/*.py")), ids=lambda path: path.stem)
def test_a_probe_imports_nothing_of_the_program(path):
    for node in ast.walk(ast.parse(path.read_text("ascii"))):
        assert not isinstance(node, ast.ImportFrom) or node.level == 0
