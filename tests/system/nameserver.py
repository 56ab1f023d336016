#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nameserver.py ADDRESS ANSWER: every name has the IPv4 address ANSWER.

A name server of RFC 1035 for a test that wants to see one being asked: it
answers queries for A, and has nothing of any other type.
"""
import socket
import struct
import sys

TYPE_A = 1


def answer(query, address):
    """The reply to a query of one question."""
    end = query.index(b"\0", 12) + 5
    kind, = struct.unpack("!H", query[end - 4:end - 2])
    found = kind == TYPE_A
    reply = query[:2] + struct.pack("!HHHHH", 0x8580, 1, found, 0, 0) + \
        query[12:end]
    if found:
        # The name is that of the question, at offset 12.
        reply += struct.pack("!HHHIH4s", 0xc00c, TYPE_A, 1, 60, 4,
                             socket.inet_aton(address))
    return reply


def main():
    here, address = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((here, 53))
        while True:
            query, client = server.recvfrom(512)
            server.sendto(answer(query, address), client)


if __name__ == "__main__":
    main()
