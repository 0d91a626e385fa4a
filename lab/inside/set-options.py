#!/usr/bin/python3
"""set-options.py FILE SECTION.OPTION=VALUE...: sets options as an operator would with an editor.

Every comment and the order of FILE stay. A new option goes under its commented default, or else under its
section's header; an option that is there gets the new value in its own line.
"""
import re
import sys


def set_option(lines, section, option, value):
    header = f"[{section}]"
    if header not in lines:
        lines += ["", header]
    start = lines.index(header) + 1
    end = next((n for n in range(start, len(lines)) if re.match(r"\[.*\]\s*$", lines[n])), len(lines))
    there = [n for n in range(start, end) if re.match(rf"{re.escape(option)}\s*=", lines[n])]
    default = [n for n in range(start, end) if re.match(rf"#{re.escape(option)}\s*=", lines[n])]
    line = f"{option} = {value}"
    if there:
        lines[there[0]] = line
    else:
        lines.insert(default[0] + 1 if default else start, line)


path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    content = file.read().split("\n")
for argument in sys.argv[2:]:
    name, new = argument.split("=", 1)
    set_option(content, *name.rsplit(".", 1), new)
with open(path, "w", encoding="utf-8") as file:
    file.write("\n".join(content))
