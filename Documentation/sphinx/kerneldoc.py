# SPDX-License-Identifier: GPL-2.0
"""What the sources say of themselves, as sections of a page.

.. kernel-doc:: PATTERN   the notes of each file, and its kernel-doc comments; with :export: those
                          of exported functions
.. notes:: PATTERN        the notes alone

A pattern is relative to the top of the tree; a section's title is the file's name. Notes are what
follows "DOC:" in a comment. kernel-doc has them itself, but not beside what is exported. Environment
variable KERNELDOC has the kernel's script.
"""

import os
import re
import subprocess
import textwrap
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.nodes import nested_parse_with_titles

TOP = Path(__file__).resolve().parents[2]
COMMENT = re.compile(r"^/\*\*?\n(.*?)^ \*/", re.S | re.M)
MARK = "DOC: "


def _escaped(text):
    """Names in comments have no markup: xfl_*, struct_, |."""
    return re.sub(r"([*`|\\]|_(?!\w))", r"\\\1", text)


def _block(block):
    """A paragraph or a list as it is; what is indented, a table, word for word."""
    if all(line.startswith("\t") for line in block):
        table = textwrap.dedent("\n".join(line.expandtabs() for line in block))
        return ["::", "", *("    " + line for line in table.splitlines()), ""]
    table = next((i for i, line in enumerate(block) if line.startswith("\t")), len(block))
    if table < len(block):
        return _block(block[:table]) + _block(block[table:])
    return [*map(_escaped, block), ""]


def _blocks(lines):
    """Runs of lines between empty ones."""
    return [text.split("\n") for text in re.split(r"\n{2,}", "\n".join(lines).strip("\n")) if text]


def _note(lines):
    """One text behind a mark; a first line that stands alone is its title."""
    first, *rest = _blocks(lines)
    if len(first) == 1 and first[0][-1] not in ".:":
        return [f"**{_escaped(first[0].capitalize() if first[0].islower() else first[0])}**", "",
                *(line for block in rest for line in _block(block))]
    first[0] = first[0][0].upper() + first[0][1:]
    return [line for block in (first, *rest) for line in _block(block)]


def notes(source):
    """The notes of a file as reStructuredText, and before them what its comment begins with."""
    out = []
    for comment in COMMENT.finditer(source):
        lines = [re.sub(r"^ \* ?", "", line) for line in comment[1].splitlines()]
        lines = [line[1:] if line.startswith(" \t") else line for line in lines]
        marks = [i for i, line in enumerate(lines) if line.startswith(MARK)]
        if not marks:
            continue
        out += [line for block in _blocks(lines[:marks[0]]) for line in _block(block)]
        for begin, end in zip(marks, [*marks[1:], len(lines)]):
            out += _note([lines[begin][len(MARK):], *lines[begin + 1:end]])
    return out


def _kernel_doc(path, exported):
    command = [os.environ.get("KERNELDOC", "kernel-doc"), "-rst", "-sphinx-version", "5.3.0",
               *(["-export"] if exported else []), path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, check=False)
    if done.returncode:
        raise ExtensionError(f"kernel-doc {path}: {done.stderr.strip()}")
    return done.stdout.expandtabs().splitlines()


class Notes(Directive):
    """A section for each file that has any."""

    required_arguments = 1
    described = False

    def run(self):
        paths = sorted(TOP.glob(self.arguments[0]))
        if not paths:
            raise self.error(f"no file fits {self.arguments[0]}")
        found = nodes.Element()
        for path in paths:
            self.state.document.settings.record_dependencies.add(str(path))
            exported = "export" in self.options
            lines = notes(path.read_text()) if exported or not self.described else []
            if self.described:
                lines += ["", *_kernel_doc(path, exported)]
            if not any(lines):
                continue
            name = str(path.relative_to(TOP))
            text = [name, "-" * len(name), "", *lines, ""]
            nested_parse_with_titles(self.state, StringList(text, str(path)), found)
        return found.children


class KernelDoc(Notes):
    """The same with what is described for callers."""

    described = True
    option_spec = {"export": directives.flag}


def setup(app):
    app.add_directive("notes", Notes)
    app.add_directive("kernel-doc", KernelDoc)
    return {"parallel_read_safe": True}
