# SPDX-License-Identifier: GPL-2.0
"""Reads what tally counted: whose instructions ran, in which function, what they copied."""

import bisect
import collections
import dataclasses
import re

NS_PER_INSTRUCTION = 2          # -icount shift=1
PAGE = 4096
XEN = range(0xffff82d000000000, 0xffff830000000000)
KERNEL = 0xffff800000000000
# How the emulated PC's memory lies: what is over 3 GB begins at 4 GB.
LOW_MEMORY = 0xc0000000
HOLE = 0x40000000
STORE_STRING = 0x80

# Kernel functions that copy with plain moves; string moves are counted wherever they are.
COPIERS = re.compile(r"_*(memcpy|memmove|memcpy_orig|rep_movs_alternative|copy_page(_regs)?|"
                     r"copy_user\w*|csum_partial_copy\w*|copy_mc\w*)$")
# Entered once for each operation.
GUEST_GRANTS = ("gnttab_update_entry_v1", "gnttab_update_entry_v2")
GUEST_ENDS = ("gnttab_end_foreign_access_ref_v1", "gnttab_end_foreign_access_ref_v2")
HYPERCALL = ("xen_hypercall_pv", "xen_iret")
BACKEND_EVENTS = ("xenvif_interrupt", "xenvif_tx_interrupt", "xenvif_rx_interrupt",
                  "xen_blkif_be_int")
# Xen pins a grant once for each map and each side of a copy, unpins it once for each unmap.
XEN_PINS = ("_set_status",)
XEN_UNMAPS = ("unmap_common",)
# The modules of either driver, and what they call for grants.
DRIVERS = ("[xen_netfront]", "[xen_blkfront]", "[xen_frontlib]")
GRANT_TABLE = re.compile(r"_*gnttab_\w+$")
# What pktgen runs through again and again while the ring is full.
PKTGEN = ("pktgen_xmit", "pktgen_thread_worker", "kthread_should_stop", "__cond_resched",
          "__local_bh_enable_ip", "__rcu_read_lock", "__rcu_read_unlock", "_raw_spin_lock",
          "_raw_spin_unlock")


def plain(name):
    """A function's name without Xen's file, the compiler's suffix and the module."""
    return name.partition(" ")[0].rpartition("#")[2].partition(".")[0]


def of_driver(name):
    """Whether a function of the guest is the driver's, or one it gives and ends grants with."""
    return name.endswith(DRIVERS) or bool(GRANT_TABLE.match(plain(name)))


class Symbols:
    """Addresses and names as /proc/kallsyms and /proc/xen/xensyms list them."""

    def __init__(self, *paths):
        named = {}
        for path in paths:
            with open(path, encoding="ascii", errors="replace") as stream:
                for line in stream:
                    words = line.split()
                    if len(words) >= 3 and words[1] in "tTwW":
                        label = words[2] + (f" {words[3]}" if len(words) > 3 else "")
                        named.setdefault(int(words[0], 16), label)
        self._addresses = sorted(named)
        self._names = [named[address] for address in self._addresses]

    def find(self, address):
        """(name with its module, whether the address is the first of it)"""
        index = bisect.bisect_right(self._addresses, address) - 1
        if index < 0:
            return "?", False
        return self._names[index], self._addresses[index] == address


def guest_frames(path):
    """Machine frames of the guest, from xen-mfndump dump-p2m."""
    frames = set()
    with open(path, encoding="ascii", errors="replace") as stream:
        for line in stream:
            found = re.search(r"mfn=(0x[0-9a-f]+)", line)
            if found:
                frames.add(int(found[1], 16))
    return frames


def frame_of(offset):
    """Machine frame of an offset in the emulated machine's memory."""
    return (offset if offset < LOW_MEMORY else offset + HOLE) // PAGE


@dataclasses.dataclass
class Account:
    """One window: nanoseconds, calls and bytes by domain ("guest", "dom0", "xen").

    moving_ns is the part of ns that copying and clearing took, driver_ns what the guest spent in
    the driver and in the grant table's functions otherwise.
    """

    ns: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    user_ns: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    copied: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    cleared: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    moving_ns: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    calls: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    functions: dict = dataclasses.field(default_factory=lambda: collections.Counter())
    driver_ns: int = 0

    def sum_calls(self, domain, names):
        return sum(self.calls[domain, name] for name in names)

    def figures(self):
        """The sums that stand in the table."""
        return {
            "ns": {domain: self.ns[domain] for domain in ("guest", "dom0", "xen")},
            "user_ns": self.user_ns["guest"],
            "copied": {domain: self.copied[domain] for domain in ("guest", "dom0", "xen")},
            "cleared": {domain: self.cleared[domain] for domain in ("guest", "dom0", "xen")},
            "moving_ns": {domain: self.moving_ns[domain] for domain in ("guest", "dom0", "xen")},
            "driver_ns": self.driver_ns,
            "pktgen_ns": sum(ns for (domain, name), ns in self.functions.items()
                             if domain == "guest" and plain(name) in PKTGEN),
            "hypercalls": {domain: self.sum_calls(domain, HYPERCALL)
                           for domain in ("guest", "dom0")},
            "grants": self.sum_calls("guest", GUEST_GRANTS),
            "grant_ends": self.sum_calls("guest", GUEST_ENDS),
            "xen_pins": self.sum_calls("xen", XEN_PINS),
            "xen_unmaps": self.sum_calls("xen", XEN_UNMAPS),
            "backend_events": self.sum_calls("dom0", BACKEND_EVENTS),
        }


class Reader:
    """Turns tally's blocks into accounts; symbols come with the variant."""

    def __init__(self, frames, xen, dom0):
        self._frames, self._xen, self._dom0 = frames, xen, dom0

    def account(self, lines, guest):
        account = Account()
        for line in lines:
            vaddr, offset, insns, runs, stored, rep = (int(word, 16) for word in line.split())
            domain, symbols = self._owner(vaddr, offset, guest)
            ns = insns * runs * NS_PER_INSTRUCTION
            account.ns[domain] += ns
            if vaddr < KERNEL:
                account.user_ns[domain] += ns
                account.functions[domain, "(programs)"] += ns
                continue
            name, first = symbols.find(vaddr)
            account.functions[domain, name] += ns
            if first:
                account.calls[domain, plain(name)] += runs
            moves = insns == 1 if rep else COPIERS.match(plain(name))
            if domain == "guest" and not moves and of_driver(name):
                account.driver_ns += ns
            if rep:
                # A block with more than the string move is how it is entered: of the turns of
                # one move, the last only finds that nothing is left.
                if moves:
                    account.moving_ns[domain] += ns
                    moved = account.cleared if rep & STORE_STRING else account.copied
                    moved[domain] += (rep & ~STORE_STRING) * runs
            elif moves:
                account.moving_ns[domain] += ns
                account.copied[domain] += stored * runs
        return account

    def _owner(self, vaddr, offset, guest):
        if vaddr in XEN:
            return "xen", self._xen
        if frame_of(offset) in self._frames:
            return "guest", guest
        return "dom0", self._dom0


def windows(path):
    """The lines of one window after the other."""
    lines = []
    with open(path, encoding="ascii") as stream:
        for line in stream:
            if line.startswith("window"):
                lines = []
            elif line.startswith("end"):
                yield lines
            else:
                lines.append(line)


def accounts(tally, directory, planned, samples):
    """(identity, Account) of each window, from tally's file and the directory of symbols.

    A row that failed has neither a sample nor a window.
    """
    measured = {sample.identity for sample in samples}
    identities = [identity for identity in planned if identity in measured]
    reader = Reader(guest_frames(directory / "p2m"), Symbols(directory / "xen.syms"),
                    Symbols(directory / "dom0.syms"))
    guests = {}
    for identity, lines in zip(identities, windows(tally)):
        variant = identity.partition("/")[0]
        if variant not in guests:
            path = directory / f"{variant}.syms"
            if not path.exists():   # null devices: any driver's will do
                path = next(directory.glob("*intree*.syms"), directory / "dom0.syms")
            guests[variant] = Symbols(path)
        yield identity, reader.account(lines, guests[variant])
