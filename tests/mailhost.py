# SPDX-License-Identifier: GPL-2.0-or-later
"""A mail host: Debian's Dovecot and Postfix, with tests/data/mailhost."""
import hosts

DATA = hosts.TESTS / "data" / "mailhost"
USER, PASSWORD = "alice", "correct horse"
KINDS = ("imap", "pop3", "smtp")
SUBMISSION = "submission"  # Dovecot's own
OAUTH = "oauth2.conf.ext"  # 2.3's, for tokens that it validates by itself

# As the user, over SMTP: HOST DOMAIN MESSAGES RECIPIENTS-OF-EACH
SEND = """
import smtplib, sys
to, messages, each = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
s = smtplib.SMTP(sys.argv[1], timeout=20)
s.login("alice", "correct horse")
for m in range(messages):
    s.sendmail("alice@mx.example.org",
               ["u%d-%d@%s" % (m, i, to) for i in range(each)],
               "Subject: x\\r\\n\\r\\nx\\r\\n")
s.quit()
"""


def start(host, more=""):
    """Start both; the host needs a log daemon and, for clients, its net.

    more is appended to Dovecot's configuration.
    """
    version = host.run(["dovecot", "--version"]).stdout
    config = DATA / f"dovecot-{'.'.join(version.split('.')[:2])}.conf"
    host.write("/etc/dovecot/dovecot.conf", config.read_text() + more)
    host.write("/etc/dovecot/users", f"{USER}:{PASSWORD}\n")
    host.write(f"/etc/dovecot/{OAUTH}", (DATA / OAUTH).read_text())
    for name in ("main.cf", "master.cf"):
        host.write(f"/etc/postfix/{name}", (DATA / name).read_text())
    host.run(["postfix", "start"])
    host.start(["dovecot", "-F"])
    for kind in KINDS:
        hosts.wait_for(lambda: login(host, kind, "127.0.0.1") == "ok",
                       what=f"login by {kind}", every=0.1)


def login(host, kind, address, user=USER, password=PASSWORD, timeout=20,
          times=1):
    """Try to log in from host: "ok", "denied", "silent", or an error.

    As often as times in one connection, if each is denied.
    """
    done = host.run(["python3", "/mailban/tests/mailclient.py", kind,
                     address, user, password, timeout, times],
                    check=False)
    return done.stdout.strip() or done.stderr
