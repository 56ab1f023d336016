#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that do as they are told, inside a test host: badserver.py < SCRIPTS

SCRIPTS is JSON: {port: [step, ...]}. Each port is listened to on 127.0.0.1,
and each connection there goes through the steps: "> TEXT" sends it (each byte
a character), "<" waits for a line, "tls" begins TLS with the certificate of
/tmp/cert.pem, "flood TEXT" sends it until the client hangs up, "hang" waits
for that, and the end of the list closes. Prints "ready", then for each
connection its port, the lines that it sent and the bytes that it was sent.
"""
import json
import socket
import ssl
import sys
import threading


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain("/tmp/cert.pem")
    return made


def play(client, steps):
    heard, sent = [], 0
    try:
        for step in steps:
            if step == "<":
                line = b""
                while not line.endswith(b"\n"):
                    byte = client.recv(1)
                    if not byte:
                        return heard, sent
                    line += byte
                heard.append(line.decode("latin-1").strip())
            elif step == "tls":
                client = context().wrap_socket(client, server_side=True)
            elif step == "hang":
                while client.recv(4096):
                    pass
            elif step.startswith("flood "):
                text = step[6:].encode("latin-1") * 512
                while True:
                    client.sendall(text)
                    sent += len(text)
            else:
                client.sendall(step[2:].encode("latin-1"))
                sent += len(step) - 2
    except OSError:
        pass
    finally:
        client.close()
    return heard, sent


def serve(port, listener, steps):
    def one(client):
        heard, sent = play(client, steps)
        print(json.dumps([int(port), heard, sent]), flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=one, args=(client,), daemon=True).start()


def main():
    threads = []
    for port, steps in json.load(sys.stdin).items():
        listener = socket.create_server(("127.0.0.1", int(port)))
        threads.append(threading.Thread(
            target=serve, args=(port, listener, steps)))
        threads[-1].start()
    print("ready", flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
