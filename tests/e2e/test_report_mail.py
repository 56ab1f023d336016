# SPDX-License-Identifier: GPL-2.0-or-later
"""mailban report --mail: what sendmail(1) is given, and what becomes of it."""
import email
import email.policy
import re

import pytest

import attack
import hosts
import statefile
from test_counters import message, prepare, totals
from test_report_live import HOSTILE, counted  # noqa: F401

# What it is called with, and what it is given; how it ends.
SENDMAIL = """#!/bin/sh
echo "$#" "$@" >/run/sent.argv
cat >/run/sent.mail
echo said by sendmail
exit $(cat /run/status 2>/dev/null || echo 0)
"""


@pytest.fixture
def sending(counted):  # noqa: F811
    counted.write("/usr/sbin/sendmail", SENDMAIL, 0o755)
    return counted


def sent(host):
    raw = host.path("/run/sent.mail").read_bytes()
    assert max(map(len, raw.split(b"\n"))) <= 998
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert not parsed.defects
    return parsed


def parts(mail):
    text, page = mail.iter_parts()
    assert not text.defects and not page.defects
    assert (text.get_content_type(), page.get_content_type()) == \
        ("text/plain", "text/html")
    return text.get_content(), page.get_content()


def test_a_message(sending):
    done = sending.mailban("report", "-d", "today", "--mail",
                           "root@example.org")
    assert done.stdout == ""
    assert sending.path("/run/sent.argv").read_text() == \
        "4 -i -F mailban root@example.org\n"
    mail = sent(sending)
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["To"] == "root@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"mx\.example\.org: 3 in, 3 out, 0 refused, 1 ban, "
                        r"\d{4}-\d\d-\d\d", mail["Subject"])
    text, page = parts(mail)
    # As the command alone shows them, below what changed.
    assert text.strip().endswith(
        sending.mailban("report", "-d", "today").stdout.strip())
    assert text.startswith("Messages in: 3")
    assert "Networks that attacked: 1, 1 of them new" in text
    assert "the most from 192.0.2.0/24" in text
    assert "Accounts attacked: 2, 2 of them new" in text
    assert "no whole day before this one" in text
    assert page.startswith("<!DOCTYPE html>") and "What changed" in page
    assert page.rstrip().endswith("</html>")
    assert "\x1b" not in text + page and HOSTILE not in text + page


def test_what_changed(sending):
    """Beside the day before, and a mean day of the week before."""
    assert sending.daemon.stop() == 0
    path = sending.path(statefile.PATH)
    with statefile.copied(path) as (copy, db):
        hour, sums = db.execute(
            "SELECT hour, sums FROM mail WHERE hour > 0").fetchone()
        for day in range(1, 9):
            n = {1: 2, 2: 16}.get(day, 6)
            db.execute("INSERT INTO mail VALUES (?, ?)",
                       (hour - 24 * day, n.to_bytes(8, "little") + bytes(144)))
        db.execute("UPDATE mail SET sums = ? WHERE hour = -3",
                   ((hour * 3600 - 30 * 86400).to_bytes(8, "little"),))
        db.commit()
        db.close()
        path.write_bytes(copy.read_bytes())
    assert sums
    sending.mailband()
    sending.mailban("report", "-d", "today", "--mail", "root")
    text, page = parts(sent(sending))
    # (2 + 16 + 5 * 6) / 7 = 6.9
    said = ("Messages in: 3, 50 % more than on the day before (2), 56 % fewer "
            "than on a mean day of the week before (7).")
    assert text.splitlines()[0] == said and said in page
    assert re.search(r"^Bans: 1, none on the day before", text, re.M)
    sending.mailban("report", "--mail", "root")
    assert parts(sent(sending))[0].startswith(
        "Messages in: 2, 88 % fewer than on the day before (16)")


def test_nothing_was_counted(host):
    host.write("/usr/sbin/sendmail", SENDMAIL, 0o755)
    prepare(host)
    host.mailban("report", "--mail", "root")
    assert parts(sent(host))[0].startswith("Messages in: 0.\n")


def test_from_a_log(sending):
    sending.append(attack.MAIL_LOG, "".join(message(9)))
    hosts.wait_for(lambda: totals(sending)["received"] == 4)
    sending.mailban("report", "-d", "today", "--mail", "root",
                    attack.MAIL_LOG)
    text, _ = parts(sent(sending))
    assert text.startswith("Messages in: 4")
    assert "Senders by message count" in text


@pytest.mark.parametrize("address", [
    "", "-t", "-Cx@example.org", "a b", "a@b c", "a\nBcc: x@example.org",
    "a@example.org,b@example.org", "|/bin/sh", "a@", "a@b@c", "a;id", "$(id)",
    "/etc/passwd", ":include:/etc/passwd", "\u00e4@example.org", "a" * 255])
def test_what_is_no_address(sending, address, tally):
    done = sending.mailban("report", f"--mail={address}" if address
                           else "--mail", check=False)
    tally.bad_input("addresses for a report")
    assert done.returncode == 2 and done.stdout == ""
    assert not sending.path("/run/sent.argv").exists()


def test_sendmail_fails(sending):
    sending.write("/run/status", "75")
    done = sending.mailban("report", "--mail", "root", check=False)
    assert done.returncode == 2
    assert "/usr/sbin/sendmail ended with status 75" in done.stderr
    assert "said by sendmail" in done.stderr
    # It need not read what it is given.
    sending.write("/usr/sbin/sendmail", "#!/bin/sh\nexit 67\n", 0o755)
    done = sending.mailban("report", "--mail", "root", check=False)
    assert done.returncode == 2 and "status 67" in done.stderr
    sending.path("/usr/sbin/sendmail").unlink()
    done = sending.mailban("report", "--mail", "root", check=False)
    assert done.returncode == 2 and "cannot run" in done.stderr
