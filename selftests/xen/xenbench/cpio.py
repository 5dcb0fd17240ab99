# SPDX-License-Identifier: GPL-2.0
"""Writes initramfs archives (cpio "newc"), so that no root and no temporary tree is needed."""

import os
import stat


class Archive:
    """A newc archive built in path order; a later file of the same name replaces the earlier."""

    def __init__(self):
        self._entries = {}

    def __contains__(self, name):
        return name.strip("/") in self._entries

    def _parents(self, name):
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            self._entries.setdefault("/".join(parts[:depth]), (stat.S_IFDIR | 0o755, (0, 0), b""))

    def _add(self, name, mode, data=b"", device=(0, 0)):
        name = name.strip("/")
        self._parents(name)
        self._entries[name] = (mode, device, data)

    def directory(self, name):
        self._add(name, stat.S_IFDIR | 0o755)

    def text(self, name, content, mode=0o644):
        self._add(name, stat.S_IFREG | mode, content.encode())

    def data(self, name, content, mode=0o644):
        self._add(name, stat.S_IFREG | mode, content)

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def char_device(self, name, major, minor):
        self._add(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def file(self, name, source):
        """Adds one file of the host, following no link."""
        info = os.lstat(source)
        if stat.S_ISLNK(info.st_mode):
            self.link(name, os.readlink(source))
            return
        with open(source, "rb") as stream:
            self._add(name, stat.S_IFREG | stat.S_IMODE(info.st_mode), stream.read())

    def tree(self, name, source):
        """Adds everything under a directory of the host."""
        for folder, _, names in os.walk(source):
            base = os.path.join(name, os.path.relpath(folder, source))
            for leaf in sorted(names):
                self.file(os.path.normpath(os.path.join(base, leaf)), os.path.join(folder, leaf))

    def write(self, path):
        """Writes the archive under a temporary name first: a reader never sees half of it."""
        partial = f"{path}.partial"
        with open(partial, "wb") as out:
            for inode, name in enumerate(sorted(self._entries), 1):
                mode, device, data = self._entries[name]
                _put(out, name, mode, inode, device, data)
            _put(out, "TRAILER!!!", 0, 0, (0, 0), b"")
            out.write(b"\0" * (-out.tell() % 512))
        os.replace(partial, path)


def _put(out, name, mode, inode, device, data):
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
    out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + encoded)
    out.write(b"\0" * (-out.tell() % 4))
    out.write(data)
    out.write(b"\0" * (-out.tell() % 4))
