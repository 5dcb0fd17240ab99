#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Write the seed corpus of the fuzzers: corpus.py DIRECTORY.

Each file is one meaning, said in its name, in the form that the fuzzer of its directory takes
(see the head of each fuzz_*.c). What a fuzzer finds beyond these is kept outside the tree.
"""
import base64
import os
import struct
import sys

MORE, EXTRA, BLANK, VALID, PREFIX = 4, 8, 2, 1, 16
GSO, HASH, XDP = 1, 4, 5
V4, V6 = 1, 2


def rsp(status, offset=0, flags=0):
    return struct.pack("<HHHh", 0, offset, flags, status)


def gso(size=1448, kind=V4, more=0):
    return struct.pack("<BBHBBH", GSO, more, size, kind, 0, 0)


def extra(kind, more=0):
    return struct.pack("<BB6x", kind, more)


def hashed(kind, more=0, algorithm=1):
    return struct.pack("<BBBBI", HASH, more, kind, algorithm, 0x01020304)


def net_rx():
    def ring(*places, limit=17, agreed=0xd2):   # GSO and hash extras, GSO v4 and v6
        return bytes([limit, agreed]) + b"".join(places)

    return {
        "one-slot": ring(rsp(60)),
        "checksums": ring(rsp(1000, 0, BLANK | VALID), rsp(1000, 0, VALID)),
        "offset": ring(rsp(2000, 2096), rsp(14, 4082)),
        "many-slots": ring(*[rsp(4096, 0, MORE)] * 15, rsp(100)),
        "gso": ring(rsp(4096, 0, MORE | EXTRA), gso(), rsp(4096, 0, MORE), rsp(300)),
        "gso-v6-and-hash": ring(rsp(200, 0, EXTRA), gso(1200, V6, 1), hashed(3)),
        "hash": ring(rsp(200, 0, EXTRA), hashed(1), rsp(200, 0, EXTRA | MORE), hashed(0), rsp(9)),
        "hash-unknown": ring(rsp(200, 0, EXTRA), hashed(4), rsp(200, 0, EXTRA), hashed(0, 0, 2)),
        "hash-not-asked-for": ring(rsp(200, 0, EXTRA), hashed(1), agreed=0xc2),
        "negative-status": ring(rsp(-1), rsp(100, 0, MORE), rsp(-3, 0, MORE), rsp(100)),
        "out-of-frame": ring(rsp(4096, 1), rsp(100, 65535), rsp(32767)),
        "too-short": ring(rsp(13), rsp(0), rsp(100, 0, MORE), rsp(0)),
        "too-many-slots": ring(*[rsp(100, 0, MORE)] * 30, rsp(100), limit=17),
        "too-long": ring(*[rsp(4096, 0, MORE)] * 16, rsp(4096), limit=63),
        "extra-chain": ring(rsp(100, 0, EXTRA), *[hashed(1, 1)] * 9, hashed(1)),
        "unknown-extra": ring(rsp(100, 0, EXTRA | MORE), extra(9, 1), extra(0), rsp(50)),
        "xdp-extra": ring(rsp(100, 0, EXTRA), extra(XDP)),
        "gso-size-0": ring(rsp(100, 0, EXTRA), gso(0)),
        "gso-unknown": ring(rsp(100, 0, EXTRA), gso(1000, 3)),
        "gso-not-agreed": ring(rsp(100, 0, EXTRA), gso(1000, V6), agreed=0x52),
        "gso-prefix": ring(rsp(100, 0, PREFIX | MORE), rsp(100)),
        "extra-in-the-middle": ring(rsp(100, 0, MORE), rsp(100, 0, EXTRA | MORE), rsp(9)),
        "half-a-packet": ring(rsp(100, 0, MORE)),
    }


def net_tx():
    def some(pick, status):             # a response to an id that is out
        return struct.pack("<BH", 0x60 + {-2: 0, -1: 1, 0: 2, 1: 3}[status], pick)

    def any_(id_, status):
        return struct.pack("<BHh", 0xc0, id_, status)

    def jump(by):
        return struct.pack("<BI", 0xf0, by)

    send = bytes([2])
    gso_packet = bytes([0x12])
    return {
        "three-slots-answered": send + some(0, 0) + some(1, 0) + some(2, 0),
        "gso-and-null": gso_packet + some(0, 0) + any_(7, 1) + some(0, 0) + some(0, 0),
        "errors": send + some(0, -1) + some(0, -2) + send + some(5, 0),
        "null-not-due": send + any_(0, 1),
        "null-twice": gso_packet + any_(0, 1) + any_(0, 1),
        "twice": bytes([0]) + any_(0x100, 0) + any_(0x100, 0),
        "stale": bytes([0]) + any_(0x100, 0) + bytes([0]) + any_(0x100, 0),
        "invented": send + any_(0xffff, 0),
        "unknown-status": bytes([0]) + any_(0x100, 77),
        "jump-by-one": bytes([0]) + jump(2),
        "jump-back": send + some(0, 0) + jump(0xffffffff),
        "ring-full": bytes([0x0f]) * 20 + some(0, 0) * 30 + bytes([0x1f]) * 4,
    }


def net_plan():
    def packet(limit, flags, *pieces):
        return bytes([limit - 1, flags]) + b"".join(struct.pack("<HH", *p) for p in pieces)

    return {
        "one-piece": packet(18, 0, (0, 1514)),
        "straddles": packet(18, 0, (4000, 9000)),
        "limit": packet(18, 0, *[(0, 100)] * 18),
        "over-the-limit": packet(18, 0, *[(4000, 200)] * 19),
        "45-straddling": packet(18, 1, *[(4095, 1456)] * 45),
        "tiny-start": packet(18, 0, (10, 3), (20, 5), (0, 4096), (0, 4096)),
        "start-at-frame-end": packet(18, 0, (4090, 2000)),
        "copy-all": packet(18, 2, (100, 60000)),
        "largest": packet(18, 3, (4095, 65535)),
        "no-sg": packet(1, 0, (4000, 1514)),
        "no-sg-too-long": packet(1, 0, (0, 5000)),
        "empty-pieces": packet(18, 0, (0, 0), (5, 0), (0, 64), (9, 0)),
    }


def net_headers():
    mac = bytes(12)

    def eth(kind, *rest, tags=()):
        tag = b"".join(struct.pack(">HH", t, 5) for t in tags)
        return mac + tag + struct.pack(">H", kind) + b"".join(rest)

    def ip4(proto, words=5, frag=0):
        return bytes([0x40 | words, 0]) + struct.pack(">HHHBBHII", 60, 1, frag, 64, proto, 0,
                                                      1, 2) + bytes(4 * (words - 5))

    def ip6(proto):
        return bytes([0x60, 0, 0, 0]) + struct.pack(">HBB", 40, proto, 64) + bytes(32)

    tcp = bytes(12) + bytes([0x50]) + bytes(7)
    tcp_options = bytes(12) + bytes([0x80]) + bytes(19)
    udp = bytes(8)
    return {
        "tcp4": eth(0x800, ip4(6), tcp, bytes(20)),
        "tcp4-options": eth(0x800, ip4(6, 8), tcp_options, bytes(9)),
        "udp4": eth(0x800, ip4(17), udp),
        "tcp6": eth(0x86dd, ip6(6), tcp),
        "udp6": eth(0x86dd, ip6(17), udp, bytes(9)),
        "fragment": eth(0x800, ip4(17, 5, 0x2000), udp),
        "tagged": eth(0x800, ip4(6), tcp, tags=(0x8100,)),
        "tagged-twice": eth(0x86dd, ip6(6), tcp, tags=(0x88a8, 0x8100)),
        "tagged-thrice": eth(0x800, ip4(6), tcp, tags=(0x88a8, 0x8100, 0x8100)),
        "arp": eth(0x806, bytes(28)),
        "icmp": eth(0x800, ip4(1), bytes(8)),
        "cut-in-ip": eth(0x800, ip4(6)[:10]),
        "cut-in-tcp": eth(0x800, ip4(6), tcp[:19]),
        "cut-in-tag": eth(0x8100, bytes(2)),
        "data-offset-0": eth(0x800, ip4(6), bytes(20)),
        "data-offset-15": eth(0x800, ip4(6), bytes(12), b"\xf0", bytes(7)),
    }


def blk_rsp():
    READ, WRITE, FLUSH, DISCARD = 0, 1, 2, 3

    def send(op, segs):
        return struct.pack("<BH", op, segs - 1)

    def good(pick, status=0):
        return bytes([0x50 + {0: 2, -1: 1, -2: 0}[status], pick])

    def any_(id_, op, status, high=0):
        return struct.pack("<BIBh", 0xc0 | high, id_, op, status)

    def wrong_op(op):
        return struct.pack("<BBh", 0xe0, op, 0)

    def jump(by):
        return struct.pack("<BI", 0xf0, by)

    direct, indirect, cap32 = b"\x00", b"\x40", b"\x24"
    return {
        "read": direct + send(READ, 5) + good(0),
        "two-parts": direct + send(WRITE, 16) + good(1) + good(0),
        "largest": direct + send(WRITE, 257) + good(3) * 24,
        "largest-indirect": indirect + send(READ, 257) + good(0) * 2,
        "cap-32": cap32 + send(WRITE, 100) + good(2) * 4,
        "worst-first": direct + send(WRITE, 30) + good(0, -1) + good(0, -2) + good(0),
        "worst-last": direct + send(WRITE, 30) + good(0) + good(0, -2) + good(0, -1),
        "flush-and-discard": direct + send(FLUSH, 1) + send(DISCARD, 1) + good(1, -2) + good(0),
        "no-credit": direct + send(WRITE, 257) + send(WRITE, 257) + good(0) * 24,
        "wrong-op": direct + send(READ, 1) + wrong_op(1),
        "op-indirect": indirect + send(READ, 100) + wrong_op(6),
        "invented": direct + send(READ, 1) + any_(31, 0, 0),
        "huge-id": direct + send(READ, 1) + any_(0xffffffff, 0, 0, 1),
        "twice": direct + send(READ, 1) + any_(32, 0, 0) + any_(32, 0, 0),
        "stale": direct + send(READ, 1) + good(0) + send(READ, 1) + any_(32, 0, 0),
        "unknown-status": direct + send(READ, 1) + any_(32, 0, 77),
        "jump": direct + send(READ, 1) + jump(2),
        "jump-back": direct + send(READ, 1) + good(0) + jump(0xffffffff),
    }


def blk_disk():
    def keys(sectors=2048, info=0, size=512, physical=512, granularity=0, alignment=0, flags=1,
             offered=256, wanted=256, number=51712):
        return struct.pack("<QIIIIIBIII", sectors, info, size, physical, granularity, alignment,
                           flags, offered, wanted, number)

    ext = 1 << 28
    return {
        "plain": keys(),
        "4k-blocks": keys(sectors=1007, size=4096, physical=4096),
        "discard": keys(granularity=4096, alignment=512, flags=0xd),
        "discard-nonsense": keys(granularity=12345, alignment=4095, flags=0xd),
        "discard-huge": keys(granularity=1 << 31, alignment=(1 << 31) - 512, flags=5),
        "read-only-cdrom": keys(info=7, flags=0xf, size=2048),
        "barrier": keys(flags=2),
        "no-sector-size": keys(size=0),
        "64k-blocks": keys(size=65536),
        "beyond-bytes": keys(sectors=1 << 55),
        "all-ones": keys(2**64 - 1, *[2**32 - 1] * 5, 255, *[2**32 - 1] * 3),
        "no-indirect": keys(offered=0),
        "few-indirect": keys(offered=12, wanted=32),
        "many-indirect": keys(offered=2**32 - 1, wanted=2**32 - 1),
        "xvda1": keys(number=51713),
        "hdd": keys(number=22 << 8 | 64),
        "sd-last": keys(number=135 << 8 | 255),
        "ext-last": keys(number=ext | 0xfffff),
        "ext-beyond": keys(number=ext | 0x100000),
        "unknown-major": keys(number=1 << 8),
    }


def blk_serial():
    def page(data, code=0x80, length=None):
        head = bytes([0, code]) + struct.pack(">H", len(data) if length is None else length)
        return base64.b64encode(head + data)

    return {
        "page": page(b"0123456789abcdef"),
        "page-with-blanks": page(b"  XFS 17\0\0 "),
        "page-too-short": page(b"abc", length=200),
        "page-full": page(b"z" * 252),
        "page-too-long": page(b"z" * 253),
        "page-of-names": page(b"abc", 0x83),
        "page-with-escape": page(b"a\x1b[2J"),
        "plain": b"disk-7",
        "not-base64": b"AIAA*DAx",
        "lines": b"AIAAEDAx\nMjM0NTY3ODlhYmNkZWY=\n",
    }


def blk_shape():
    (ADD, FOLIO, EMPTY, SUBMIT, BEFORE, OTHER_WAY, SEEK, DISCARD, ERASE, FLUSH, ZEROES, PASSTHROUGH,
     SCHEDULE, MACHINE) = range(14)
    K4, K16, K64, BLOCKS_4K, PHYSICAL_4K, WRITE, RAW = 0, 1, 2, 4, 8, 16, 128
    on = 0                              # where the last one ended

    def do(command, *words):
        return bytes([command]) + b"".join(struct.pack("<H", w) for w in words)

    def add(sectors, place=on, how=ADD):        # places count blocks, from 1
        return do(how, place, sectors - 1)

    def raw(*pieces):
        return bytes([RAW]) + b"".join(struct.pack("<HH", *p) for p in pieces)

    send = do(SUBMIT)
    row = (add(12) + send) * 30
    frames = (add(24) + send) * 20
    return {
        "row-in-pages-of-4k": bytes([K4]) + row,
        "row-in-pages-of-16k": bytes([K16]) + row,
        "row-in-pages-of-64k": bytes([K64 | WRITE]) + row,
        "frames-in-pages-of-16k": bytes([K16]) + frames + do(SCHEDULE),
        "frames-in-pages-of-64k": bytes([K64]) + frames + do(SCHEDULE),
        "backwards": bytes([K4]) + do(SEEK, 4096) + b"".join(
            add(3, 4000 - 3 * i) + do(BEFORE) for i in range(1, 20)),
        "larger-than-a-request": bytes([K4 | PHYSICAL_4K]) + do(SEEK, 3) + add(5000, 2, FOLIO),
        "page-by-page": bytes([K4]) + do(MACHINE, 3, 9) + do(MACHINE, 20, 21) + add(3000, 6),
        "gaps": bytes([K4]) + b"".join(add(5, 100 * i + 7) for i in range(20)),
        "blocks-of-4k": bytes([K64 | BLOCKS_4K]) + (add(3) + add(1, 50) + send) * 9,
        "empty-pieces": bytes([K16]) + (do(EMPTY, 1) + add(8) + do(EMPTY, 17)) * 8,
        "empty-piece-in-a-wrong-place": bytes([K4]) + do(EMPTY, 2) + add(4000, 1, FOLIO) + send,
        "only-an-empty-piece": bytes([K4]) + do(EMPTY, 1) + send,
        "flush-between": bytes([K4]) + (add(4) + do(FLUSH)) * 8,
        "discards-merged": bytes([K4 | PHYSICAL_4K]) + do(DISCARD, 7) * 9 + do(DISCARD, 6000),
        "erased-between": bytes([K4]) + (add(12) + do(ERASE, 9)) * 8 + do(SCHEDULE),
        "reads-beside-writes": bytes([K4]) + (add(8) + do(OTHER_WAY)) * 9 + do(SCHEDULE),
        "zeroes": bytes([K4]) + do(ZEROES, 3000) + bytes([PASSTHROUGH]) + do(ZEROES, 2),
        "zeroes-of-large-pages": bytes([K64]) + do(ZEROES, 4000),
        "raw-meets-in-a-frame": raw((0, 1000), (0, 3000), (0, 9000), (0, 1)),
        "raw-jumps": raw((0x1235, 512), (0x8001, 65535), (1, 4095), (0xffff, 7)),
        "raw-empty": raw((0, 0), (0x201, 0), (0, 100), (0x301, 0), (0, 0)),
    }


def main():
    top = sys.argv[1]
    for target in (net_rx, net_tx, net_plan, net_headers, blk_rsp, blk_disk, blk_serial,
                   blk_shape):
        directory = os.path.join(top, target.__name__)
        os.makedirs(directory, exist_ok=True)
        for name, data in target().items():
            with open(os.path.join(directory, name), "wb") as out:
                out.write(data)


main()
