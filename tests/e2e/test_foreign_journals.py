# SPDX-License-Identifier: GPL-2.0-or-later
"""Journals that a jail's backend names, beside the host's own.

A real journald of a namespace ("mail") writes one, which is asked for by its
name, by its directory and by its files; others lie where a test puts them.
"""
import re

import hosts

import attack

ADDRESS = "10.20.30.40"
OTHER = "10.20.30.41"
DEVLOG = "/run/systemd/journal.mail/dev-log"


def jail(name, options, more=""):
    options = f"[{options}]" if options else ""
    return (f"[{name}]\nenabled = true\nfilter = dovecot\nport = imap\n"
            f"backend = systemd{options}\nmaxretry = 3\n"
            f"journalmatch = SYSLOG_IDENTIFIER=dovecot\n{more}\n")


def source(host, name):
    return {s["name"]: s for s in host.status()["sources"]}[name]


def journald_of_mail(host):
    host.journald()
    process = host.start(["/lib/systemd/systemd-journald", "mail"])
    hosts.wait_for(lambda: host.path(DEVLOG).exists(),
                   what="a journald of the namespace")
    return process


def log(host, address, times=3, devlog=DEVLOG):
    for _ in range(times):
        host.run(["logger", *(["-u", devlog] if devlog else []), "-p",
                  "mail.info", "-t", "dovecot", "--",
                  attack.ABORTED.format(address)])


def test_a_namespace_by_name_directory_and_files(host):
    journald_of_mail(host)
    log(host, OTHER, 1)
    folder, = hosts.wait_for(
        lambda: [*host.path("/var/log/journal").glob("*.mail")],
        what="the namespace's journal")
    folder = f"/var/log/journal/{folder.name}"
    jails = {"name": "namespace=mail", "dir": f"journalpath={folder}",
             "files": "journalfiles='/var/log/journal/*.mail/*.journal'"}
    daemon = host.mailband({"jail.local": "".join(
        jail(*item) for item in jails.items()) + jail("own", "")})
    for name, options in jails.items():
        name = f"journal[{options}]".replace("'", "")
        assert source(host, name)["trouble"] is None
    log(host, ADDRESS)
    for name in jails:
        host.wait_banned(name, ADDRESS)
    # The host's own has none of it, and the others none of the host's.
    log(host, OTHER, devlog=None)
    host.wait_banned("own", OTHER)
    assert list(host.banned("own")) == [OTHER]
    for name in jails:
        assert list(host.banned(name)) == [ADDRESS]
        assert host.status(name)["total_failed"] == 4
    host.run(["journalctl", "--namespace=mail", "--rotate"])
    log(host, OTHER, 1)
    for name in jails:
        hosts.wait_for(lambda: host.status(name)["total_failed"] == 5,
                       what="a line behind the rotation")
    # Each goes on where it was: what was logged meanwhile is read, once.
    daemon.stop()
    log(host, OTHER, 1)
    daemon = host.mailband()
    for name, options in jails.items():
        host.wait_banned(name, OTHER)
        name = f"journal[{options}]".replace("'", "")
        assert source(host, name)["lines"] == 1


def test_one_that_comes_later_and_is_not_roots(host):
    """Whoever can write the files could write any writer's name there."""
    journald_of_mail(host)
    host.path("/srv/kept").mkdir()
    options = "journalpath=/srv/kept/now"
    daemon = host.mailband({"jail.local":
                            jail("mine", options)
                            + jail("any", options, "trust = any")})
    daemon.wait_log(r"^WARNING the journal\[journalpath=/srv/kept/now\] is not "
                    "there")
    log(host, ADDRESS)
    host.run(["journalctl", "--namespace=mail", "--sync"])
    host.run(["sh", "-c", "cp -r /var/log/journal/*.mail /srv/kept/new && "
              "chown -R nobody /srv/kept/new && chmod -R a+rX /srv/kept/new && "
              "mv /srv/kept/new /srv/kept/now"])
    host.wait_banned("any", ADDRESS)
    daemon.wait_log("others than root can write its files")
    hosts.wait_for(lambda: host.status("mine")["refused"] == 3,
                   what="three lines not believed")
    assert host.banned("mine") == {}


def test_the_same_by_another_name_is_not_counted_again(host):
    host.journald()
    host.mailband({"jail.local": jail("own", "")})
    log(host, ADDRESS, 2, devlog=None)
    hosts.wait_for(lambda: host.status("own")["total_failed"] == 2)
    host.configure({"jail.local": jail(
        "own", "journalfiles=/var/log/journal/*/*.journal")})
    host.mailban("reload")
    log(host, OTHER, devlog=None)
    host.wait_banned("own", OTHER)
    assert list(host.banned("own")) == [OTHER]


def test_what_libsystemd_refuses_is_a_fault(host):
    """A jail with it would wait for its journal for ever."""
    host.journald()
    daemon = host.mailband({"jail.local": jail("own", "")})
    for options, where in (
            ("journalpath=/srv, journalflags=1", "journalflags: '1'"),
            ("namespace='*', journalpath=/srv", "namespace: '*'"),
            ("journalfiles=/srv/*, journalflags=4", "journalflags: '4'")):
        host.configure({"jail.local": jail("own", options)})
        test = host.run([host.program("mailband"), "-t"], check=False)
        done = host.mailban("reload", check=False)
        for said in test, done:
            assert said.returncode and re.search(
                r"/jail\.local:5: backend: " + re.escape(where),
                said.stderr), said
    assert daemon.alive() and source(host, "journal")["trouble"] is None


def test_what_takes_a_restart(host):
    host.journald()
    host.path("/srv/kept").mkdir()
    host.mailband({"jail.local": jail("own", "")})
    host.configure({"jail.local": jail("own", "journalpath=/srv/kept")})
    done = host.mailban("reload", check=False)
    assert done.returncode != 0
    assert "journalpath: /srv/kept was none of mailband's" in done.stderr
    host.configure({"jail.local": jail("own", "journalpath=/var/log/journal/x")})
    host.mailban("reload")
    assert source(host, "journal[journalpath=/var/log/journal/x]")["trouble"]
