"""Puts something around a function of the program by its name, without the program's knowing."""

import functools
import importlib
import sys
from types import ModuleType
from typing import Any, Callable, Iterator, List, Optional, Tuple

PACKAGE = "openstack_spice"

Around = Callable[[Callable[..., Any], Tuple[Any, ...]], Any]
"""Called with the original, its arguments bound, and the arguments as the point has them; gives what the call gives."""


class NotThere(Exception):
    """The program has nothing of that name."""


def wrap(name: str, around: Around) -> None:
    """Puts `around` in the place of a function, or of a method and all its overrides. Raises NotThere.

    A call that an override makes of what it overrides is part of the override's own.
    """
    owner, attribute = _find(name)
    if isinstance(owner, ModuleType):
        original = vars(owner)[attribute]
        wrapper = _wrapped(original, around, 0)
        for module in _modules():
            for key, value in list(vars(module).items()):
                if value is original:
                    setattr(module, key, wrapper)
        return
    busy: List[bool] = []
    for one in _with_subclasses(owner):
        if attribute in vars(one):
            setattr(one, attribute, _wrapped(vars(one)[attribute], around, 1, busy))


def _wrapped(original: Callable[..., Any], around: Around, skipped: int, busy: Optional[List[bool]] = None) -> Callable[..., Any]:
    @functools.wraps(original)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        def call() -> Any:
            return original(*arguments, **named)

        if busy:
            return call()
        if busy is not None:
            busy.append(True)
        try:
            return around(call, arguments[skipped:] + tuple(named.values()))
        finally:
            if busy is not None:
                del busy[:]

    return wrapper


def _find(name: str) -> Tuple[Any, str]:
    """A module or a class, and the attribute in it."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module_name = ".".join([PACKAGE] + parts[:length])
        try:
            owner: Any = importlib.import_module(module_name)
        except ImportError:
            continue
        for part in parts[length:-1]:
            owner = getattr(owner, part, None)
        if isinstance(owner, type) and hasattr(owner, parts[-1]):
            return next(base for base in owner.__mro__ if parts[-1] in vars(base)), parts[-1]
        if isinstance(owner, ModuleType) and callable(vars(owner).get(parts[-1])):
            return owner, parts[-1]
    raise NotThere(name)


def _modules() -> Iterator[ModuleType]:
    for name, module in list(sys.modules.items()):
        if module is not None and (name == PACKAGE or name.startswith(PACKAGE + ".")):
            yield module


def _with_subclasses(one: type) -> Iterator[type]:
    yield one
    for subclass in one.__subclasses__():
        for inner in _with_subclasses(subclass):
            yield inner
