#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Say whatever bytes to a server: talk.py < DIALOGUES

Runs inside a client host. DIALOGUES is JSON: a list of [address, port, what to
say]; what to say is a list of texts, each byte a character, each sent when
the server has said something or nothing more comes. Every dialogue is a
connection of its own, and all that the server said is printed.
"""
import concurrent.futures
import json
import select
import socket
import ssl
import sys

PATIENCE = 1
HANDSHAKE = 30


def listen(server, patience):
    """What comes within some seconds; b"" at the end."""
    if not select.select([server], [], [], patience)[0]:
        return b""
    try:
        return server.recv(65536)
    except (ConnectionError, TimeoutError):
        return b""


def encrypted(server, sni, cert):
    """The same connection under TLS, whoever the server is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(cert)
    server.settimeout(HANDSHAKE)
    server = context.wrap_socket(server, server_hostname=sni)
    server.settimeout(PATIENCE)
    return server


def talk(address, port, texts):
    server = socket.create_connection((address, port), PATIENCE)
    try:
        heard = [listen(server, PATIENCE)]
        for text in texts:
            if isinstance(text, dict):
                server = encrypted(server, **text)
                continue
            server.sendall(text.encode("latin-1"))
            heard.append(listen(server, PATIENCE))
        server.shutdown(socket.SHUT_WR)
        while more := listen(server, PATIENCE):
            heard.append(more)
    except OSError as error:  # refused in the middle: it was too much
        heard.append(str(error).encode())
    finally:
        server.close()
    return b"|".join(heard).decode("latin-1")


with concurrent.futures.ThreadPoolExecutor(4) as talkers:
    print(json.dumps(list(talkers.map(
        lambda dialogue: talk(*dialogue), json.load(sys.stdin)))))
