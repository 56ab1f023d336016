#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A file system that answers nothing, as a server's that hangs: frozen.py PATH

Who looks at it waits, and hears no signal but SIGKILL. When this ends it has no
connection.
"""
import ctypes
import os
import signal
import struct
import sys

DEVICE = "/dev/fuse"
# struct fuse_init_out: version 7.31, and what does not matter
INIT = struct.pack("IIIIHHIIHH32x", 7, 31, 65536, 0, 12, 9, 65536, 1, 1, 0)


def main(path):
    if not os.path.exists(DEVICE):
        os.mknod(DEVICE, 0o020600, os.makedev(10, 229))
    fd = os.open(DEVICE, os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    how = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"frozen", path.encode(), b"fuse", 0, how.encode()):
        raise OSError(ctypes.get_errno(), "mount")
    # The kernel's first question alone, which mount(2) waits for.
    unique, = struct.unpack_from("Q", os.read(fd, 65536), 8)
    os.write(fd, struct.pack("IiQ", 16 + len(INIT), 0, unique) + INIT)
    print("frozen", flush=True)
    signal.pause()


main(*sys.argv[1:])
