#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nameserver.py: a name server on 127.0.0.1, inside a test host.

Answers for the names in ZONE, never for those that begin with "silent", and
that there is no such name for all others. Prints each question.
"""
import ipaddress
import socket
import struct

ZONE = {
    "one.example": ["192.0.2.10"],
    "several.example": ["192.0.2.20", "192.0.2.21", "2001:db8::20"],
    "crowd.example": [f"192.0.2.{n}" for n in range(100, 120)],
    "loop.example": ["127.0.0.1", "0.0.0.0", "192.0.2.30"],
}
A, AAAA, NO_SUCH_NAME = 1, 28, 3


def question(packet):
    """The name, the type and where the question ends."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    kind, = struct.unpack("!H", packet[at + 1:at + 3])
    return ".".join(labels).lower(), kind, at + 5


def answer(packet):
    name, kind, end = question(packet)
    print(name, kind, flush=True)
    if name.startswith("silent"):
        return None
    found = [ipaddress.ip_address(text) for text in ZONE.get(name, ())]
    found = [a.packed for a in found
             if a.version == {A: 4, AAAA: 6}.get(kind)]
    head = struct.pack("!2sHHHHH", packet[:2],
                       0x8580 | (0 if name in ZONE else NO_SUCH_NAME),
                       1, len(found), 0, 0)
    return head + packet[12:end] + b"".join(
        struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(a)) + a for a in found)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    print("ready", flush=True)
    while True:
        packet, peer = server.recvfrom(4096)
        said = answer(packet)
        if said:
            server.sendto(said, peer)


if __name__ == "__main__":
    main()
