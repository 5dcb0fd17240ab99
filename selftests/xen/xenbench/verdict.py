# SPDX-License-Identifier: GPL-2.0
"""What counts as good: logs without a kernel's or Xen's cry for help."""

import re

# One report is enough to fail; each of these lines begins one.
REPORTS = [re.compile(pattern) for pattern in (
    # WARN() up to Linux 6.17 and from then on
    r"WARNING: (CPU: \d+ PID|.*\bat .*, CPU#\d+)",
    # lockdep
    r"WARNING: (possible|suspicious|bad|inconsistent|lock held|held lock|Nested lock|chain_key)\b",
    r"WARNING: (\S+-safe -> |\S+/\d+ still has locks held)", r"INFO: trying to register non-static key",
    r"turning off the locking correctness validator", r"INFO: lockdep is turned off",
    r"ODEBUG: (?!selftest passed)",
    r"kmemleak: (\d+ new suspected|.*(unknown object|disabled|Cannot|by alias|larger than object))",
    r"\bBUG: ", r"kernel BUG at ", r"\bOops: ", r"Oops\b.*\[#\d+\]", r"general protection fault",
    r"Unable to handle kernel", r"unable to handle page fault", r"Kernel panic - not syncing",
    r"\bCall [Tt]race:", r"\bKASAN: ", r"\bKFENCE: ", r"\bUBSAN: ", r"\bKCSAN: ",
    r"=\[ BUG", r"\bBUG kmalloc", r"\bBUG [\w-]+ \(.*\): ", r"Object already free",
    r"Poison overwritten", r"pagealloc: (memory corruption|single bit error)",
    r"blocked for more than \d+ seconds", r"soft lockup", r"hard LOCKUP",
    r"rcu: INFO: .*(stall|detected)", r"NETDEV WATCHDOG", r"refcount_t: ", r"list_(add|del) corruption",
    r"still has in-use|objects remaining in .* on", r"bad: scheduling|scheduling while atomic",
    r"page allocation failure", r"Out of memory: Killed", r"unregister_netdevice: waiting for",
)]
XEN_DEATH = re.compile(r"Xen BUG|Panic on CPU|FATAL TRAP|FATAL PAGE FAULT|Assertion '.*' failed|"
                       r"Hardware Dom0 crashed|Hardware Dom0 shutdown: (?!halt|powering)")


def reports(path, start=0):
    """The lines of a log, from an offset on, that report a fault."""
    try:
        with open(path, "rb") as stream:
            stream.seek(start)
            text = stream.read().decode(errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines()
            if any(pattern.search(line) for pattern in REPORTS) or XEN_DEATH.search(line)]


def emulator_failed(path):
    """What of a guest's log shows that QEMU failed and not the guest; "" if nothing does.

    Each is rare: once in some hundred guests, or less. Nothing is excused where another report was
    over before.
    """
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    shown = _impossible_flags(text) or _absent_breakpoint(text) or _step_of_nobody(text)
    return shown if shown and "end trace" not in text[:text.index(shown)] else ""


def _impossible_flags(text):
    """The first "EFLAGS: ..." with bits 22 to 31 set, which no x86 processor can have.

    QEMU's emulation of an x86 CPU under Xen loses a guest's flags, and a branch is taken that the
    program does not take.
    """
    for found in re.finditer(r"EFLAGS: ([0-9a-f]{8})\b", text):
        if int(found[1], 16) >> 22:
            return found[0]
    return ""


def _absent_breakpoint(text):
    """The first "int3: 0000 ..." at an address where memory holds no int3.

    A kernel that patches its code writes an int3 over it for a moment. QEMU before 8.1 with more
    than one emulated CPU can run it when it is long gone (Red Hat bug 2216496). "Code:" has the
    byte that the trap returns to in angle brackets; the one before is the trap's own.
    """
    for found in re.finditer(r"int3: 0000 .*", text):
        report = re.split(r"end trace|Oops|BUG:|WARNING:", text[found.end():], maxsplit=1)[0]
        code = re.search(r"Code: .*?([0-9a-f]{2}) <[0-9a-f]{2}>", report)
        if code and code[1] != "cc":
            return found[0].strip()
    return ""


def _step_of_nobody(text):
    """The first "WARNING: ... exc_debug_kernel" of a step that follows a CMPXCHG8B or CMPXCHG16B.

    QEMU before 8.0 works out the flags after these two with a rule that may be that of an earlier
    instruction (gen_cmpxchg8b() does not store cc_op before its helper reads it). An interrupt
    that comes right then saves such flags, and returning to them steps if TF is among them.
    "Code:" has the interrupted instruction's first byte in angle brackets.
    """
    for found in re.finditer(r"WARNING: .*exc_debug_kernel.*", text):
        report = re.split(r"end trace|Oops|BUG:|WARNING:", text[found.end():], maxsplit=1)[0]
        _, _, stepped = report.partition("exc_debug+")
        code = re.search(r"Code: .*?0f c7 [048][89a-f]((?: [0-9a-f]{2}){0,24}) <", stepped)
        flags = re.search(r"EFLAGS: ([0-9a-f]{8})\b", stepped)
        if code and flags and int(flags[1], 16) & 0x100:
            return found[0].strip()
    return ""


def xen_died(path):
    try:
        with open(path, "rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 8192))
            text = stream.read().decode(errors="replace")
    except OSError:
        return False
    return bool(XEN_DEATH.search(text) or re.search(r"Kernel panic - not syncing", text))
