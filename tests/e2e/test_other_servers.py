# SPDX-License-Identifier: GPL-2.0-or-later
"""The jails for the rest of a mail host, turned on as an admin does.

The lines are those of tests/filters/corpus. Of whose unit and uid they are in
the journal, by which name and with which priority, is as the real servers of
Debian 12 and 13 had it.
"""
import json
import re
import time

import hosts

CORPUS = hosts.TESTS / "filters" / "corpus"
PEER, STRANGER = "203.0.113.9", "192.0.2.1"
# Who is banned in five jails.
AGAIN = "198.51.100.9"

MAIL_LOG = "/var/log/mail.log"
# Of each jail: the address that attacks there alone, Debian's log file, and
# what of its corpus stands in there.
JAILS = {
    "sieve": ("10.0.0.1", MAIL_LOG, r"^\w{3} .* managesieve-login: "),
    "roundcube": ("10.0.0.2", "/var/log/roundcube/userlogins.log",
                  r"^\[.*(?:Failed|Successful) login"),
    "sogo": ("10.0.0.3", "/var/log/sogo/sogo.log", r"^\w{3} .{11} sogod \["),
    "horde": ("10.0.0.4", "/var/log/horde/horde.log", r"^\d{4}-"),
    "rspamd": ("10.0.0.5", "/var/log/rspamd/rspamd.log", r"^\d{4}-"),
    "nginx": ("10.0.0.6", "/var/log/nginx/access.log", r"^[\d.]+ - "),
    "exim": ("10.0.0.7", "/var/log/exim4/mainlog", r"^\d{4}-"),
    "cyrus": ("10.0.0.8", MAIL_LOG, r"^\w{3} .* mx cyrus/"),
    "courier": ("10.0.0.9", MAIL_LOG, r"^\w{3} .* mx (?:imap|pop3|courier)"),
    "sendmail": ("10.0.0.10", MAIL_LOG, r"^\w{3} .* mx sm-mta"),
    "opensmtpd": ("10.0.0.11", MAIL_LOG, r"^\w{3} .* mx smtpd"),
    "sshd": ("10.0.0.12", "/var/log/auth.log", r"^\w{3} .* mx sshd"),
}
ON = "".join(f"[{jail}]\nenabled = true\n" for jail in [*JAILS, "recidive"])

# How the dates in the corpora are written.
DATES = {r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "%Y-%m-%d %H:%M:%S",
         r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d": "%Y/%m/%d %H:%M:%S",
         r"\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d \+\d{4}": "%d-%b-%Y %H:%M:%S +0000",
         r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+\d{4}": "%d/%b/%Y:%H:%M:%S +0000",
         r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+\d\d:\d\d":
             "%Y-%m-%dT%H:%M:%S+00:00",
         r"\b(?:Jan|Nov) \d\d \d\d:\d\d:\d\d": "%b %e %H:%M:%S"}


def now(line):
    for date, form in DATES.items():
        line = re.sub(date, time.strftime(form, time.gmtime()), line)
    return line


def rows(jail, looks=""):
    """Of a jail's corpus those that look so: which count, and which do not."""
    counts, others = [], []
    for text in (CORPUS / f"{jail}.jsonl").read_text().splitlines():
        row = json.loads(text)
        if not re.search(looks, row["line"]):
            continue
        if row["expect"] == PEER and "normal" in row["modes"]:
            counts.append(row["line"])
        elif row["expect"] is None:
            others.append(row["line"])
    assert counts, f"none in the corpus of {jail} looks like {looks}"
    return counts, others


def sessions(jail):
    """What OpenSMTPD says of a connection before it says of a failure."""
    return [line for line in rows(jail)[1] if "smtp connected" in line
            and PEER in line] if jail == "opensmtpd" else []


def test_their_files(host):
    written = {path: 0 for _, path, _ in JAILS.values()}
    for path in written:
        host.write(path, "")
    host.mailband({"jail.local": ON})
    again = "nginx", "rspamd", "exim", "cyrus", "sshd"
    for jail, (address, path, looks) in JAILS.items():
        assert host.status(jail)["files"] == [path]
        counts, others = rows(jail, looks)
        text = [line.replace(PEER, peer)
                for peer in [address, *([AGAIN] if jail in again else [])]
                for line in sessions(jail) + 3 * counts[:1]]
        # What nobody is to be counted for comes behind: it may excuse.
        text += others
        written[path] += len(text)
        host.append(path, "".join(f"{now(line)}\n" for line in text))
    hosts.wait_for(lambda: written == {
        source["name"]: source["lines"] for source in host.status()["sources"]})
    host.wait_banned("recidive", AGAIN)
    assert list(host.banned("recidive")) == [AGAIN]
    for jail, (address, _, _) in JAILS.items():
        want = [address, AGAIN] if jail in again else [address]
        assert set(host.wait_banned(jail, *want)) == set(want), jail
        assert host.status(jail)["total_failed"] == 3 * len(want), jail


# Who logs for them in the journal: the unit, the user, the name, and of each
# failure the lines: their priority, and what of the corpus they are. Without a
# unit are processes that end so soon that journald does not see it any more.
EXIM = [(6, r" exim\[812\]: 2026"), (5, r" exim\[812\]: 2026")]
ESMTP = [(6, r" courieresmtpd: error,")]
AUTH = [(5, r" AUTH failure ")]
WRITERS = [
    ("sieve", "dovecot.service", "root", "dovecot",
     [(6, r" managesieve-login: ")]),
    ("sieve cyrus", "cyrus-imapd.service", "cyrus", "cyrus/sieve[99]",
     [(5, r" cyrus/sieve\[")]),
    # Its two logs are one.
    ("roundcube", "php8.2-fpm.service", "www-data", "roundcube",
     [(3, r"^\[.*IMAP Error: "), (6, r" roundcube: .*Failed login ")]),
    ("roundcube", "apache2.service", "www-data", "roundcube",
     [(6, r" roundcube: .*Failed login ")]),
    ("sogo", "sogo.service", "sogo", "sogod", [(None, r" sogod\[.* sogod \[")]),
    ("horde", "apache2.service", "www-data", "HORDE", [(3, r" HORDE: ")]),
    ("horde", "php8.4-fpm.service", "www-data", "HORDE[99]", [(3, r" HORDE\[")]),
    ("rspamd", "rspamd.service", "_rspamd", "rspamd[99]",
     [(6, r" rspamd\[99\]: <>; ; ")]),
    ("rspamd", "rspamd.service", "_rspamd", "rspamd",
     [(None, r" rspamd\[99\]: .*#99\(controller\)")]),
    ("nginx", "nginx.service", "www-data", "nginx", [(3, r"\[error\]")]),
    ("nginx", "nginx.service", "www-data", "nginx",
     [(6, r" nginx: [\d.]+ - ")]),
    ("exim", "exim4.service", "Debian-exim", "exim[812]", EXIM),
    ("exim", None, "Debian-exim", "exim[812]", EXIM),
    ("cyrus", "cyrus-imapd.service", "cyrus", "cyrus/imaps[99]",
     [(5, r" cyrus/imaps\[")]),
    ("cyrus", "cyrus-imapd.service", "cyrus", "cyrus/http[99]",
     [(5, r" cyrus/http\[")]),
    ("courier", "courier-imap.service", "root", "imapd", [(6, r" imapd: ")]),
    ("courier", "courier-pop-ssl.service", "root", "pop3d-ssl",
     [(6, r" pop3d-ssl: ")]),
    ("courier", "courier-msa.service", "courier", "courieresmtpd", ESMTP),
    ("courier", None, "courier", "courieresmtpd", ESMTP),
    ("sendmail", "sendmail.service", "root", "sm-mta[99]", AUTH),
    ("sendmail", None, "root", "sm-mta[99]", AUTH),
    ("opensmtpd", "opensmtpd.service", "opensmtpd", "smtpd[99]",
     [(6, r" smtpd\[")]),
    ("sshd", "ssh.service", "root", "sshd[812]", [(6, r" sshd\[")]),
    # Of a socket's session no unit is known beforehand, but the program.
    ("sshd", "sshd@1.service", "root", "sshd-session[812]",
     [(6, r" sshd-session\[")]),
]
PROGRAMS = {"sshd": "/usr/sbin/sshd",
            "sshd-session": "/usr/lib/openssh/sshd-session"}
# What syslog puts before, or a log file of Roundcube.
HEAD = re.compile(r"^(?:(?:\w{3} .\d )?\S+ mx \S+: |\[.*?\]: )")


def writer(host, number, peer, unit=None, user=None):
    """What journalwriters.py does as this one of WRITERS, or as another."""
    jails, its_unit, its_user, tag, failure = WRITERS[number]
    jail = jails.split()[0]
    lines = [(6, line) for line in sessions(jail)]
    for priority, looks in 3 * failure:
        lines.append((priority, rows(jail, looks)[0][0]))
    return {
        "unit": unit if user else its_unit,
        "uid": int(host.run(["id", "-u", user or its_user]).stdout),
        "exe": None if user else PROGRAMS.get(tag.split("[")[0]),
        "stream": failure[0][0] is None, "tag": tag,
        "lines": [(priority, HEAD.sub("", now(line), 1).replace(PEER, peer))
                  for priority, line in lines]}


def log(host, writers):
    host.run(["python3", "/mailban/tests/journalwriters.py"],
             input=json.dumps(writers))


def test_their_journal(host):
    host.path("/run/systemd/system").mkdir(parents=True, exist_ok=True)
    users = {user for _, _, user, _, _ in WRITERS}
    known = host.path("/etc/passwd").read_text()
    for uid, user in enumerate(sorted(users), 300):
        if f"\n{user}:" not in f"\n{known}":
            host.append("/etc/passwd", f"{user}:x:{uid}:65534::/:/bin/false\n")
    host.journald()
    host.mailband({"jail.local": ON})
    for jail in JAILS:
        assert host.status(jail)["journal"], jail
    # Others say the same: a user, and the job of a service's user.
    log(host, [writer(host, number, STRANGER, unit, user)
               for number in range(len(WRITERS))
               for unit, user in ((None, "alice"), ("cron.service", "games"))])
    log(host, [writer(host, number, f"10.0.1.{number}")
               for number in range(len(WRITERS))])
    for jail in JAILS:
        want = [f"10.0.1.{number}" for number, (jails, *_)
                in enumerate(WRITERS) if jail in jails.split()]
        assert set(host.wait_banned(jail, *want)) == set(want), jail
        shown = host.status(jail)
        assert shown["total_failed"] == 3 * len(want), jail
        # A failure whose connection was not believed is of nobody.
        assert shown["refused"] or jail == "opensmtpd", jail
    assert host.banned("recidive") == {}
