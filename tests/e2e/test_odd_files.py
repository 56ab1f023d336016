# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever lies where a configuration should be: no crash, an end in seconds,
bounded memory, and a fault that names the file and, where it has one, the line.

The time is that of the processor, which a busy machine does not lengthen.
"""
import os
import random
import re

import pytest

CONFIG = "/etc/odd"
JAIL = ("[j]\nenabled = true\nfilter = f\nbackend = polling\n"
        "logpath = /var/log/x\n")
FILTER = "[Definition]\nfailregex = ^a <HOST>$\n"
LIMITS = {"release": ["--cpu=5", f"--as={600 << 20}"], "san": ["--cpu=60"]}


@pytest.fixture(scope="module")
def odd(tree, build):
    import hosts
    host = hosts.Host(tree, build=build)
    host.limits = LIMITS[build]
    try:
        yield host
    finally:
        host.close()


def check(host, files):
    """What mailband -t says of these files, and how it ends."""
    host.run(["rm", "-rf", CONFIG])
    for name, what in {"jail.local": JAIL, "filter.d/f.conf": FILTER,
                       "mailban.conf": "[mailban]\nuser = nobody\n",
                       **files}.items():
        path = host.path(f"{CONFIG}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(what):
            what(path)
        else:
            path.write_bytes(what.encode() if isinstance(what, str) else what)
    done = host.run(["prlimit", *host.limits, "--",
                     host.program("mailband"), "-t", "-c", CONFIG],
                    check=False, timeout=120)
    assert done.returncode in (0, 1), done
    return done.returncode, done.stderr.replace(f"{CONFIG}/", "")


def link(to):
    return lambda path: path.symlink_to(to)


def said(host, files, *patterns, status=1):
    got, text = check(host, files)
    assert got == status, text
    for pattern in patterns:
        assert re.search(pattern, text, re.M), text[:2000]


KINDS = {
    "fifo": (os.mkfifo, "no regular file"),
    "zero": (link("/dev/zero"), "no regular file"),
    "directory": (lambda path: path.mkdir(), "a directory"),
    "large": (lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR),
                                       10 << 30), "larger than 8 MiB"),
    "utf-16": (JAIL.encode("utf-16"), "UTF-16"),
    "nul": ("[a]\nb = \0\n", "NUL"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["jail.local", "jail.d/x.conf",
                                  "filter.d/f.conf", "mailban.conf"])
def test_kinds(odd, name, kind):
    what, why = KINDS[kind]
    said(odd, {name: what}, f"^{name}: .*{why}")


@pytest.mark.parametrize("to", ["/nowhere", "x.conf"])
def test_a_link_to_nowhere_is_passed_over(odd, to):
    said(odd, {"jail.d/x.conf": link(to)},
         "^warning: jail.d/x.conf: is not read: .* remove it$", status=0)
    said(odd, {"filter.d/f.conf": link(to)},
         "^jail.local:3: filter: there is no filter 'f'")


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
@pytest.mark.parametrize("before", ["", "\ufeff"])
def test_ends_of_lines(odd, ends, before):
    text = (before + JAIL + "bantime = 1x").replace("\n", ends)
    said(odd, {"jail.local": text,
               "filter.d/f.conf": FILTER.replace("\n", ends)},
         "^jail.local:6: bantime: '1x'")


def str_head(value):
    """A name for a test of what is long."""
    return re.sub(r"\W+", "-", ascii(value)[2:20])


def many(count, row):
    return "".join(row.format(i) for i in range(count))


ADDRESSES = random.Random(1).sample(range(1 << 24), 65000)


@pytest.mark.parametrize("more, pattern", [
    (many(4000, "a{0} = %(a{0}x)s\n"), ":6: a0: no such key"),
    (many(4000, "a{}x = \n") + many(4000, "a{0} = %(a{0}x)s\n"), ":5002: more "
     "than 5000 keys in a section"),
    ("".join(f"a{i} = %(a{(i + 1) % 4000})s\n" for i in range(4000))
     + "bantime = %(a0)s\n", ":16: a10: .* refers to itself"),
    ("x = " + "%(" * 200000 + "\n", ":6: x: no such key"),
    ("bantime = " + "1" * 7000000, ":6: is longer than"),
    ("bantime = " + "(" * 400000, ":6: bantime: "),
    ("k" * 1000000 + " = 1\n", ":6: kkkk"),
    ("[" + "k" * 1000000 + "]\nenabled = true\n", r":7: \[kkkk"),
    ("[\x1b[31m]\nenabled = true\n", r":7: \[\?\[31m\]: a jail's name"),
    ("ignoreip = " + "10. " * 250000, ":6: ignoreip: '10.' is neither"),
    ("ignoreip = " + "10.\n " * 200000, ":900: ignoreip: '10.' is neither"),
    ("ignoreip = " + many(3000, "a{}.example "), ":6: ignoreip: more than 1000 "
     "names"),
    (many(1100, "[j{}]\nenabled = false\n"), ".*is one jail more than 1000"),
    ("bantime.formula = " + "-" * 900000 + "1\n", ":6: bantime.formula: "),
], ids=str_head)
def test_jails(odd, more, pattern):
    said(odd, {"jail.local": JAIL + more}, f"^jail.local{pattern}")


def test_more_paths_than_may_be(odd):
    text = JAIL.replace("/var/log/x", "/var/log/x\n " * 1001)
    said(odd, {"jail.local": text}, "^jail.local:1005: logpath: more than 1000")


def test_a_long_list_of_whom_to_ignore(odd):
    words = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in ADDRESSES]
    said(odd, {"jail.local": JAIL + "ignoreip = 10.0.0.0/8 " + " ".join(words)},
         status=0)
    words = [f"{i * 7919 % 223 + 1}.{i % 256}.{i * 31 % 256}.{i >> 16}"
             for i in range(300000)]
    listed = f"ignoreip = file:{CONFIG}/list\n"
    said(odd, {"jail.local": JAIL + listed, "list": "\n".join(words)}, status=0)
    said(odd, {"jail.local": JAIL + listed, "list": "10. " * 3000000},
         "^list:1: '10.' is neither", "^list:1: ignoreip: more than")
    said(odd, {"jail.local": JAIL + listed, "list": "10.0.0.1\0\n"},
         "^list:1: holds NUL")
    said(odd, {"jail.local": JAIL + listed, "list": os.mkfifo},
         "^jail.local:6: ignoreip: cannot read")


@pytest.mark.parametrize("text, pattern", [
    ("failregex = ^<a0> <HOST>\n" +
     "".join(f"a{i} = <a{(i + 1) % 3000}>\n" for i in range(3000)),
     ":2: the tag <a1000> refers to itself"),
    ("failregex = ^<a> <HOST>\na = " + "<" * 900000 + "<b>\nb = <c>\nc = <b>\n",
     ":2: the tag <b> refers to itself"),
    ("failregex = ^" + "<x" * 400000 + "<b> <HOST>\nb = <c>\nc = <b>\n",
     ":2: the tag <b> refers to itself"),
    ("failregex = ^" + many(9000, "(?P<a{}>x)") + "(?P=a1)" * 90000 + "<HOST>",
     ":2: failregex: is longer than 131072 bytes"),
    ("failregex = ^" + "(" * 60000 + "<HOST>", ":2: failregex: parentheses"),
    ("failregex = ^\xe4 <HOST>".encode("latin-1"), ":2: failregex: .* no "
     "UTF-8; save the file as UTF-8"),
    ("failregex = <HOST>\ndatepattern = " + "%%Y" * 300000,
     ":3: datepattern: there are more than 100 forms"),
    ("failregex = <HOST>\ndatepattern = " + many(80000, "%%Y{}\n "),
     ":3: datepattern: there are more than 100 forms"),
    ("failregex = <HOST>\n" + many(5000, "failrege{} = x\n"),
     ":5002: more than 5000 keys"),
], ids=str_head)
def test_filters(odd, text, pattern):
    text = text if isinstance(text, bytes) else text.encode()
    said(odd, {"filter.d/f.conf": b"[Definition]\n" + text},
         f"^filter.d/f.conf{pattern}")


def test_thousands_of_files(odd):
    files = {f"jail.d/{i}.conf": f"[DEFAULT]\nbantime = {i + 1}\n"
             for i in range(10100)}
    said(odd, files, r"^jail.d/\d+.conf: with this file the configuration has "
         "more than 10000 files")


def test_files_that_include_each_other(odd):
    said(odd, {"jail.local": "[INCLUDES]\nbefore = a.conf\n" + JAIL,
               "a.conf": "[INCLUDES]\nbefore = jail.local\n"},
         "^warning: a.conf:2: includes jail.local, which includes it",
         status=0)
