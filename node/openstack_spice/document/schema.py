"""Checks a value against a JSON schema: those words of it that the contract's schemas have, and no others.

Source: JSON Schema 2020-12. `title` says what a value has to be, in words, for the message.
"""

import re
from typing import Any, Iterator, Mapping, NamedTuple

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Any] = {"object": dict, "string": str, "integer": int}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_SHOWN = re.compile(r"[A-Za-z0-9_./:-]{1,100}\Z")


class Violation(NamedTuple):
    """What is wrong at one place. It shows no value."""

    path: str
    rule: str  # after the path: `is missing`, `is not a TCP port`

    def __str__(self) -> str:
        return "%s %s" % self


def violations(value: object, schema: Schema, definitions: Mapping[str, Schema], path: str = "") -> Iterator[Violation]:
    """Everything in a value, as JSON has it, that a schema does not allow.

    :param definitions: the schema's `$defs`
    :param path: where the value stands
    """
    schema = _resolved(schema, definitions)
    if not _fits(value, schema):
        yield Violation(path or "the document", "is not " + _wanted(schema))
    elif isinstance(value, dict):
        yield from _of_object(value, schema, definitions, path)


def place(path: str, member: str) -> str:
    """The path of an object's member: `firewall.sources["192.0.2.0/24"]`. A name that could be a value in a wrong place is not shown."""
    if _PLAIN.match(member):
        return path + "." + member if path else member
    return '%s["%s"]' % (path, member if _SHOWN.match(member) else "...")


def _of_object(value: Mapping[str, object], schema: Schema, definitions: Mapping[str, Schema], path: str) -> Iterator[Violation]:
    for name in schema.get("required", ()):
        if name not in value:
            yield Violation(place(path, name), "is missing")
    for name, others in schema.get("dependentRequired", {}).items():
        for other in others:
            if name in value and other not in value:
                yield Violation(place(path, other), "is missing beside %s" % name)
    known, names, rest = schema.get("properties", {}), schema.get("propertyNames"), schema.get("additionalProperties", True)
    for name, member in value.items():
        at = place(path, name)
        if name in known:
            yield from violations(member, known[name], definitions, at)
        elif rest is False:
            yield Violation(at, "is unknown")
        else:
            if names is not None and not _fits(name, _resolved(names, definitions)):
                yield Violation(at, "is not named by " + _wanted(_resolved(names, definitions)))
            elif rest is not True:
                yield from violations(member, rest, definitions, at)


def _fits(value: object, schema: Schema) -> bool:
    """Whether a value is what a schema asks for, but for what is in it."""
    if "const" in schema:
        return type(value) is type(schema["const"]) and value == schema["const"]
    wanted = schema.get("type")
    if wanted is not None and type(value) is not _TYPES[wanted]:  # a boolean is no integer
        return False
    if isinstance(value, str):
        return len(value) <= schema.get("maxLength", len(value)) and _matches(schema.get("pattern", ""), value)
    if isinstance(value, int):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return not isinstance(value, dict) or len(value) <= schema.get("maxProperties", len(value))


def _matches(pattern: str, text: str) -> bool:
    """As ECMAScript has it: `$` is the end, and not before a last newline too."""
    return re.search(re.sub(r"\$\Z", r"\\Z", pattern), text) is not None


def _wanted(schema: Schema) -> str:
    """What a value has to be, in words."""
    if "const" in schema:
        return "'%s'" % schema["const"] if isinstance(schema["const"], str) else "true"
    if "title" in schema:
        return str(schema["title"])
    most = schema.get("maxProperties")
    return "an object" if most is None else "an object of at most %d members" % most


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema that a reference names."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"][len("#/$defs/") :]]
    return schema
