#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nameserver.py: a name server on 127.0.0.1, inside a test host.

Answers for the names in ZONE and ALIASES, never for those that begin with
"silent", with half of what it has for those that begin with "half", and that
there is no such name for all others. What is long goes by TCP; for those that
begin with "held" half of it goes, and the connection stays. Prints each
question.
"""
import ipaddress
import socket
import struct
import threading

ZONE = {
    "one.example": ["192.0.2.10"],
    "several.example": ["192.0.2.20", "192.0.2.21", "2001:db8::20"],
    "crowd.example": [f"192.0.2.{n}" for n in range(100, 120)],
    "loop.example": ["127.0.0.1", "0.0.0.0", "192.0.2.30"],
    # Names of addresses: one leads back, one elsewhere, one nowhere.
    "10.2.0.192.in-addr.arpa": ["one.example"],
    "11.2.0.192.in-addr.arpa": ["one.example"],
    "12.2.0.192.in-addr.arpa": ["nothing.example"],
    "silent.example": [],
    # As many as one answer holds.
    "many.example": [f"10.77.{n // 250}.{n % 250 + 1}" for n in range(4000)],
    "half.example": ["192.0.2.40"],
    "half-many.example": [f"10.78.{n // 250}.{n % 250}" for n in range(4000)],
    "13.2.0.192.in-addr.arpa": ["silent.example"],
    f"0.2.{'0.' * 22}8.b.d.0.1.0.0.2.ip6.arpa": ["several.example"],
    # Lists (RFC 5782): a good one that has 192.0.2.66 and 2001:db8::66, one
    # that has everything, one that has nothing, one that does not serve us,
    # and one that is somebody's web server.
    "2.0.0.127.good.example": ["127.0.0.2"],
    "66.2.0.192.good.example": ["127.0.0.4"],
    f"6.6.{'0.' * 22}8.b.d.0.1.0.0.2.good.example": ["127.0.0.2"],
    "2.0.0.127.all.example": ["127.0.0.2"],
    "1.0.0.127.all.example": ["127.0.0.2"],
    "2.0.0.127.closed.example": ["127.255.255.254"],
    "2.0.0.127.web.example": ["192.0.2.80"],
}
ALIASES = {
    "circle.example": "round.example", "round.example": "circle.example",
    "self.example": "self.example",
    "bytes.example": "\x01\n[own] Ban 192.0.2.41\x1b[2J\xff.example",
    "long.example": "\xff" * 63 + (".%s%n" + "x" * 58) * 2 + ".example",
}
A, CNAME, PTR, AAAA, NO_SUCH_NAME = 1, 5, 12, 28, 3
DATAGRAM = 512


def question(packet):
    """The name, the type and where the question ends."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    kind, = struct.unpack("!H", packet[at + 1:at + 3])
    return ".".join(labels).lower(), kind, at + 5


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode("latin-1")
                    for label in name.split(".")) + b"\0"


def record(text):
    """Its type, and what stands in it."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return PTR, wire(text)
    return {4: A, 6: AAAA}[address.version], address.packed


def answer(packet):
    name, kind, end = question(packet)
    zone = "many.example" if name.startswith("held") else name
    print(name, kind, flush=True)
    if name.startswith("silent"):
        return None
    found = [data for of, data in map(record, ZONE.get(zone, ()))
             if of == kind]
    if name in ALIASES:
        kind, found = CNAME, [wire(ALIASES[name])]
    head = struct.pack("!2sHHHHH", packet[:2],
                       0x8580 | (0 if zone in ZONE or name in ALIASES else
                                 NO_SUCH_NAME),
                       1, len(found), 0, 0)
    return head + packet[12:end] + b"".join(
        struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(a)) + a for a in found)


held = []


def by_one(peer):
    """All that is asked by one connection."""
    size = peer.recv(2, socket.MSG_WAITALL)
    while len(size) == 2:
        packet = peer.recv(*struct.unpack("!H", size), socket.MSG_WAITALL)
        said = answer(packet)
        peer.sendall(halved(packet, struct.pack("!H", len(said)) + said))
        name = question(packet)[0]
        if name.startswith("held"):
            held.append(peer)
            return
        if name.startswith("half"):
            break
        size = peer.recv(2, socket.MSG_WAITALL)
    peer.close()


def halved(packet, said):
    """What is sent of it to who asked this."""
    return said[:len(said) // 2] if question(packet)[0].startswith(
        ("half", "held")) else said


def by_tcp(server):
    while True:
        by_one(server.accept()[0])


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=by_tcp, daemon=True, args=[
        socket.create_server(("127.0.0.1", 53))]).start()
    print("ready", flush=True)
    while True:
        packet, peer = server.recvfrom(4096)
        said = answer(packet)
        if said and len(said) > DATAGRAM:
            # The question alone, and that there is more.
            cut = struct.pack("!H", 0x8780) + packet[4:6] + b"\0" * 6
            server.sendto(packet[:2] + cut + packet[12:question(packet)[2]],
                          peer)
        elif said:
            server.sendto(halved(packet, said), peer)


if __name__ == "__main__":
    main()
