# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban report --attacks: who tried which account, and who came in after."""
import json
import subprocess

import pytest

import hosts
import mailhost

# As Dovecot (src/login-common) and smtpd(8) (src/smtpd/smtpd_sasl_glue.c,
# smtpd.c) write them.
FAILED = ("Nov 21 10:{:02}:00 mx dovecot: imap-login: Disconnected (auth "
          "failed, {} attempts in 6 secs): user=<{}>, method=PLAIN, rip={}, "
          "lip=192.0.2.200\n")
LOGIN = ("Nov 21 10:{:02}:00 mx dovecot: imap-login: Login: user=<{}>, "
         "method=PLAIN, rip={}, lip=192.0.2.200, TLS\n")
SASL = ("Nov 21 10:{:02}:00 mx postfix/smtpd[9]: warning: unknown[{}]: SASL "
        "LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={}\n")
SENT = ("Nov 21 10:{:02}:00 mx postfix/smtpd[9]: 11111AAAAA: client=x[{}], "
        "sasl_method=PLAIN, sasl_username={}\n")


@pytest.fixture(scope="module")
def program(build):
    return hosts.built("mailban", build)


def report(program, log, *words, status=0):
    done = subprocess.run([program, "report", "--attacks", *words, "-"],
                          input=log.encode("latin-1"),
                          env={**hosts.SANITIZER_ENV, "TZ": "UTC"},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=60)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode()


def pairs(program, log):
    """(network, account): tries, logins, after."""
    told = json.loads(report(program, log, "--json"))
    return {(p["network"], p["account"]):
            (p["tries"], p["logins"], p["after"]) for p in told["pairs"]}


def test_who_came_in_after_what(program):
    log = FAILED.format(0, 3, "Alice", "192.0.2.1") + \
        SASL.format(1, "192.0.2.2", "bob") + \
        LOGIN.format(2, "alice", "192.0.2.77") + \
        SENT.format(3, "192.0.2.3", "carol") + \
        LOGIN.format(4, "bob", "2001:db8::5") + \
        LOGIN.format(5, "dave", "203.0.113.5") + \
        FAILED.format(6, 1, "dave", "2001:db8:1::1")
    assert list(pairs(program, log).items()) == [
        (("192.0.2.0/24", "alice"), (3, 1, "both")),
        (("192.0.2.0/24", "carol"), (0, 1, "network")),
        (("2001:db8::/64", "bob"), (0, 1, "account")),
        (("192.0.2.0/24", "bob"), (1, 0, "none")),
        (("2001:db8:1::/64", "dave"), (1, 0, "none"))]
    text = report(program, log)
    assert text.startswith(
        "5 tries, 2 logins by networks that had attacked, 1 login to accounts "
        "that others had tried\n")
    # Those that are honest people's, mostly, do not hide the others.
    assert "bob" not in text.split("\n\n")[1]
    assert text.split("\n\n")[-1].splitlines()[2].startswith("bob ")
    first = text.split("Logins after an attack\n")[1].splitlines()[1]
    assert first.split()[:4] == ["alice", "192.0.2.0/24", "3", "1"]
    assert "-11-21 10:02:00" in first
    assert report(program, log, "--detail", "1").count("more\n") == 4


def test_who_says_no_name(program):
    """smtpd's word for none is no account."""
    log = "".join(SASL.format(1, "192.0.2.1", name)
                  for name in ("(unavailable)", "eve"))
    log += SASL.format(1, "192.0.2.1", "").replace(", sasl_username=", "")
    text = report(program, log)
    assert text.startswith("3 tries, ") and "(unavailable)" not in text
    accounts = text.split("\nAccounts\n")[1].split("\n\n")[0].splitlines()
    assert [row.split()[:2] for row in accounts[1:]] == [
        ["-", "2"], ["eve", "1"]]


def test_nothing_tried_is_no_attack(program):
    log = LOGIN.format(0, "alice", "192.0.2.1") + \
        SENT.format(1, "192.0.2.1", "alice")
    assert pairs(program, log) == {}
    assert "none" in report(program, log)


def test_a_range_of_time(program):
    log = FAILED.format(0, 1, "alice", "192.0.2.1") + \
        LOGIN.format(2, "alice", "192.0.2.1")
    year = json.loads(report(program, log, "--json"))["pairs"][0]["first"]
    assert json.loads(report(program, log, "--json", "--since",
                             f"@{year + 60}"))["pairs"] == []


def test_hostile_names(program):
    log = FAILED.format(0, 1, "\x1b[2J>, rip=198.51.100.1, (auth failed, 9 x",
                        "192.0.2.1") + \
        SASL.format(1, "192.0.2.1", "x" * 5000) + \
        SASL.format(2, "192.0.2.1", "a 192.0.2.0/24") + \
        FAILED.format(3, 99999999999999999999999, "b", "192.0.2.1") + \
        FAILED.format(4, 1, "c", "no address")
    text = report(program, log)
    assert "\x1b" not in text and r"\x1b[2j " in text
    told = pairs(program, log)
    assert ("192.0.2.0/24", "x" * 255) in told
    assert ("192.0.2.0/24", "a 192.0.2.0/24") in told
    assert told["192.0.2.0/24", "b"][0] == 1000
    assert {network for network, _ in told} == {"192.0.2.0/24"}


def test_more_than_is_held_is_told(program):
    log = "".join(SASL.format(0, "192.0.2.1", f"u{i}") for i in range(65540))
    told = json.loads(report(program, log, "--json"))
    assert told["tries"] == 65540
    assert len(told["pairs"]) == 65536 and told["lost"] == 4
    assert "the lists are not whole" in report(program, log, "--detail", "3")


@pytest.mark.parametrize("word", ["--html", "--compat"])
def test_what_does_not_go_together(program, word):
    report(program, "", word, status=2)


def test_a_real_mail_host(new_host):
    host = new_host()
    host.rsyslogd()
    mailhost.start(host)

    def told():
        # Where the host has its mail log it looks by itself.
        done = host.run([host.program("mailban"), "report", "--attacks",
                         "--json"])
        return {(p["account"], p["network"]): p
                for p in json.loads(done.stdout)["pairs"]}
    assert told() == {}
    for kind in mailhost.KINDS:
        assert mailhost.login(host, kind, "127.0.0.1",
                              password="guess") == "denied"
    key = mailhost.USER, "127.0.0.0/24"
    hosts.wait_for(lambda: key in told() and told()[key]["tries"] == 3,
                   what="three tries told")
    assert told()[key]["after"] == "none"
    assert mailhost.login(host, "imap", "127.0.0.1") == "ok"
    hosts.wait_for(lambda: told()[key]["after"] == "both",
                   what="the login told")


def test_a_host_without_a_mail_log_has_a_journal(host):
    host.journald()
    host.logger("imap-login: Aborted login (auth failed, 2 attempts): "
                f"user=<{mailhost.USER}>, method=PLAIN, rip=192.0.2.1, "
                "lip=192.0.2.2")

    def told():
        return json.loads(host.run([host.program("mailban"), "report",
                                    "--attacks", "--json"]).stdout)
    pair, = hosts.wait_for(lambda: told()["pairs"], what="what it logged")
    assert pair["account"] == mailhost.USER and pair["tries"] == 2
    done = host.mailban("report", check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("mailban report journal\n")
