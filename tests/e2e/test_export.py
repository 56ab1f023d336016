# SPDX-License-Identifier: GPL-2.0-or-later
"""Bans that move: what is exported is what is imported elsewhere, or nothing
is."""
import ipaddress
import json
import random
import time

import pytest

import attack
import hosts
import statefile
from test_breakage import ask

SEED = 5
FORMATS = ["text", "csv", "json", "nft"]


def start(host, **keys):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.daemon = host.mailband({"jail.local": attack.jail(
        ignoreip="203.0.113.0/24") + attack.jail("postfix", **keys)})
    return host


@pytest.fixture
def running(host):
    return start(host)


def bans(host):
    """{(jail, address): (end, start, count)} of all bans."""
    listed = json.loads(host.mailban("list", "--json").stdout)
    assert all(ban["enforced"] for ban in listed)
    return {(ban["jail"], ban["address"]):
            (ban["end"], ban["start"], ban["count"]) for ban in listed}


def settled(host, count):
    """The same once the kernel has that many."""
    def look():
        listed = json.loads(host.mailban("list", "--json").stdout)
        return len(listed) == count and all(b["enforced"] for b in listed)
    hosts.wait_for(look)
    return bans(host)


def take(host, text, *args, **run):
    return host.mailban("import", *args, input=text, **run)


@pytest.mark.parametrize("form", FORMATS)
def test_round_trip(running, new_host, form):
    other = start(new_host("mx2.example.org"))
    running.mailban("ban", "dovecot", "192.0.2.1", "2001:db8::1",
                    "198.51.100.0/24", "2001:db8:1::/48")
    running.mailban("ban", "--time", "-1", "postfix", "192.0.2.2")
    running.mailban("ban", "--time", "1d", "postfix", "192.0.2.1")
    before = settled(running, 6)
    text = running.mailban("export", "--format", form).stdout
    done = take(other, text)
    assert done.stdout == "6 banned, 0 prolonged, 0 known, 0 over\n"
    after = settled(other, 6)
    if form == "nft":  # which has how long, and no more
        assert after.keys() == before.keys()
        for key, (end, _, _) in before.items():
            assert (end is None) == (after[key][0] is None)
            assert end is None or abs(end - after[key][0]) <= 2
        return
    assert after == before
    assert other.mailban("export", "--format", form).stdout == text
    # Twice is once.
    assert take(other, text).stdout == \
        "0 banned, 0 prolonged, 6 known, 0 over\n"
    assert bans(other) == before


def test_nft_takes_what_is_exported(running):
    running.mailban("ban", "dovecot", "192.0.2.1", "2001:db8::1",
                    "198.51.100.0/24")
    settled(running, 3)
    text = running.mailban("export", "--format", "nft").stdout
    running.mailban("unban", "--all")
    hosts.wait_for(lambda: running.banned("dovecot") == {})
    running.run(["nft", "-c", "-f", "-"], input=text)


def test_what_nft_lists_is_taken(running):
    running.mailban("ban", "dovecot", "192.0.2.1", "192.0.2.2", "2001:db8::1")
    before = settled(running, 3)
    text = running.run(["nft", "list", "table", "inet", "mailban"]).stdout
    running.mailban("unban", "--all")
    hosts.wait_for(lambda: running.banned("dovecot") == {})
    take(running, text)
    after = settled(running, 3)
    for key, (end, _, _) in before.items():
        assert abs(after[key][0] - end) <= 2


def test_lists_without_times_and_jails(running):
    now = int(time.time())
    done = take(running, "# ours\n192.0.2.1\n\n  2001:db8::/64 # two\r\n"
                "192.0.2.3 1h\n192.0.2.4 never postfix\n"
                f"192.0.2.5 {now + 5000}\n"
                "192.0.2.6 2001-09-09T01:46:41Z\n"
                "192.0.2.1\n192.0.2.3 2h\n", "--jail", "dovecot")
    assert done.stdout == "5 banned, 0 prolonged, 0 known, 1 over\n"
    found = settled(running, 5)
    assert found["dovecot", "192.0.2.1"][0] - now in range(598, 630)
    # The later end of two.
    assert found["dovecot", "192.0.2.3"][0] - now in range(7198, 7230)
    assert found["postfix", "192.0.2.4"][0] is None
    assert found["dovecot", "192.0.2.5"][0] == now + 5000
    assert take(running, "192.0.2.1 1h\n192.0.2.3 1h\n", "-J",
                "dovecot").stdout == \
        "0 banned, 1 prolonged, 1 known, 0 over\n"
    hosts.wait_for(
        lambda: running.banned("dovecot")["192.0.2.1"]["expires"] > 3500)
    take(running, "192.0.2.9\n", "-J", "dovecot", "-t", "-1")
    assert bans(running)["dovecot", "192.0.2.9"][0] is None


def test_networks_within_networks(running):
    """The kernel's ranges do not overlap; the list may."""
    running.mailban("ban", "dovecot", "10.1.2.0/24")
    done = take(running, "10.0.0.0/8 1h\n10.2.0.0/16 10m\n10.2.3.4 2h\n"
                "10.0.0.0/8 1h\n", "-J", "dovecot")
    assert done.stdout == "2 banned, 0 prolonged, 0 known, 0 over\n"
    assert {address for _, address in settled(running, 2)} == \
        {"10.0.0.0/8", "10.2.3.4"}
    before = bans(running)
    done = take(running, "192.0.2.1 1h\n10.2.0.0/16 2h\n", "-J", "dovecot",
                check=False)
    assert done.returncode == 2 and "10.2.0.0/16" in done.stderr
    assert bans(running) == before


@pytest.mark.parametrize("text, word", [
    ("192.0.2.1\n192.0.2.256\n", "standard input:2: '192.0.2.256'"),
    ("192.0.2.1\n192.0.2.1/24\n", "standard input:2: '192.0.2.1/24'"),
    ("192.0.2.1\n10.0.0.0/33\n", ":2:"),
    ("192.0.2.1\n0.0.0.0/0\n", ":2:"),
    ("192.0.2.1\n10.0.0.0/7\n", ":2:"),
    ("192.0.2.1\n127.0.0.1\n", ":2:"),
    ("192.0.2.1\n203.0.113.7\n", ":2:"),
    ("192.0.2.1\n203.0.0.0/16\n", ":2:"),
    # Other spellings of whom the host never bans, and of all addresses.
    ("192.0.2.1\n::ffff:127.0.0.1\n", ":2:"),
    ("192.0.2.1\n::ffff:203.0.113.7\n", ":2:"),
    ("192.0.2.1\n::ffff:cb00:7107\n", ":2:"),
    ("192.0.2.1\n::ffff:0:0/96\n", ":2:"),
    ("192.0.2.1\n::1\n", ":2:"),
    ("192.0.2.1\n::/0\n", ":2:"),
    # What others take for an address.
    ("192.0.2.1\n192.0.2.010\n", ":2: '192.0.2.010'"),
    ("192.0.2.1\n3221225985\n", ":2:"),
    ("192.0.2.1\n0xc0000201\n", ":2:"),
    ("192.0.2.1\n192.0.2\n", ":2:"),
    ("192.0.2.1\n192.0.2.0/024\n", ":2:"),
    ("192.0.2.1\n192.0.2.0/+24\n", ":2:"),
    ("192.0.2.1\n192.0.2.0/255.255.255.0\n", ":2:"),
    ("192.0.2.1\nfe80::1%eth0\n", ":2: 'fe80::1%eth0'"),
    ("192.0.2.1\n192.0.2.2:25\n", ":2:"),
    ("192.0.2.1\nmx.example.org\n", ":2:"),
    ("192.0.2.1\n\uff11\uff19\uff12.0.2.1\n", ":2:"),
    ("192.0.2.1\n192.0.2.2 soon\n", ":2: 'soon'"),
    ("192.0.2.1\n192.0.2.2 -5\n", ":2: '-5'"),
    ("192.0.2.1\n192.0.2.2 1h nosuch\n", ":2:"),
    ("192.0.2.1\n192.0.2.2 1h a/b\n", ":2: 'a/b'"),
    ("192.0.2.1\n192.0.2.2 1h dovecot 0 -1\n", ":2: '-1'"),
    ("192.0.2.1\n\n" + "x" * 5000 + "\n", ":3: the line is longer"),
    ("192.0.2.1\n192.0.2.2 " + "a " * 20 + "\n", ":2: there are more than"),
    ("192.0.2.1\n\0\n", ":2: this is no text"),
    ("192.0.2.1\n\x1b[2J\n", ":2: this is no text"),
    ("192.0.2.1\r192.0.2.2\r", ":1: a carriage return"),
    ("192.0.2.1 1h\r2h\n", ":1: a carriage return"),
    ("192.0.2.1\n192.0.2.2 2035-02-30T00:00:00Z\n", ":2: '2035-02-30"),
    ("192.0.2.1\n192.0.2.2 2035-02-20T00:00:00+99:00\n", ":2:"),
    ("192.0.2.1\n192.0.2.2 2035-02-20T00:00:00+-5:00\n", ":2: '2035-02-20"),
    ("192.0.2.1\n192.0.2.2 2035-2-20T00:00:00Z\n", ":2: '2035-2-20"),
    ("192.0.2.1,2035-02-20T00:00: 1Z\n", ":1: '2035-02-20"),
    ("192.0.2.1\n192.0.2.2 1h dovecot - 1 banip=x\n", ":2: 'banip=x' is behind"),
    ("address,jail\n192.0.2.1,dovecot,1h\n", ":2: '1h' is behind"),
    ("address,address\n192.0.2.1,192.0.2.2\n", ":1: a column"),
    # What is left of 192.0.2.17 where a connection broke.
    ("# address end jail start count\n192.0.2.1", "is cut off"),
    ("address,end,jail,start,count\n192.0.2.1", "is cut off"),
    ("192.0.2.1\n<html>\n", ":2: '<html>'"),
    ("end,jail\n1h,dovecot\n", ":1:"),
    ("address,end\n192.0.2.1,1h\n,1h\n", ":3:"),
    ("[\"192.0.2.1\",\n\"192.0.2.2\",]\n", ":2:"),
    ("[\"192.0.2.1\", \"192.0.2\"]\n", "entry 2: '192.0.2'"),
    ("[\"192.0.2.1\", 7]\n", "entry 2:"),
    ("[{\"jail\": \"dovecot\"}]\n", "entry 1:"),
    ("[{\"address\": \"192.0.2.1\", \"end\": 1.5}]\n", "entry 1:"),
    ("[\"192.0.2.1\", \"127.0.0.1\"]", "entry 2:"),
    ("{\"address\": \"192.0.2.1\"}\n", "no array"),
    ("[" * 3000, ":1:"),
    ("add element inet f s { 192.0.2.1,\n192.0.2.300 }", ":2: '192.0.2.300'"),
    ("add element inet f s { 192.0.2.1-192.0.2.9 }", ":1:"),
    ("add element inet f s { 192.0.2.1 timeout x }", ":1: 'x'"),
    ("add element inet f s { 192.0.2.1", ":1:"),
    ("add element inet f s { 192.0.2.1 }\nflush ruleset\n", ":2: 'flush'"),
    ("add element inet f s { 192.0.2.1 } ; add rule x\n", ":1: 'rule'"),
])
def test_with_one_fault_nothing_is_imported(running, text, word):
    done = take(running, text, "--jail", "dovecot", check=False)
    assert done.returncode == 2, done
    assert word in done.stderr and "nothing is imported" in done.stderr
    assert done.stdout == "" and bans(running) == {}


def test_files_are_named(running):
    running.write("/root/one", "192.0.2.1\n")
    running.write("/root/two", "192.0.2.2\n192.0.2.3 x\n")
    done = running.mailban("import", "-J", "dovecot", "/root/one", "/root/two",
                           "/root/three", check=False)
    assert done.returncode == 2 and bans(running) == {}
    assert "/root/two:2: 'x'" in done.stderr and "/root/three" in done.stderr
    done = running.mailban("import", "/root/one", check=False)
    assert "/root/one:1: it names no jail" in done.stderr
    assert bans(running) == {}


def test_refused_ones_can_be_left_out(running):
    done = take(running, "192.0.2.1\n203.0.113.7\n127.0.0.1\n192.0.2.2\n",
                "-x", "-J", "dovecot")
    assert done.stdout == "2 banned, 0 prolonged, 0 known, 0 over\n"
    assert [row.split(":")[2] for row in done.stderr.splitlines()] == \
        ["2", "3"]
    assert len(settled(running, 2)) == 2


def test_many(running):
    """More than one message; and a fault in the last takes them all back."""
    text = "".join(a + " 1h\n" for a in attack.addresses(20000))
    assert take(running, text + "127.0.0.1\n", "-J", "dovecot",
                check=False).returncode == 2
    assert bans(running) == {}
    assert take(running, text, "-J", "dovecot", timeout=120).stdout == \
        "20000 banned, 0 prolonged, 0 known, 0 over\n"
    settled(running, 20000)


def test_a_spelling_is_no_other_address(running):
    take(running, "\ufeff::ffff:192.0.2.1\n2001:DB8:0:0::1\n192.0.2.1/32\n"
         "[2001:db8::1]\n::ffff:198.51.100.0/120\n", "-J", "dovecot")
    assert {address for _, address in settled(running, 3)} == \
        {"192.0.2.1", "2001:db8::1", "198.51.100.0/24"}


def test_a_list_has_an_end(running):
    """A line that does not end, and a list that does not."""
    def endless(size, byte):
        return running.run(
            ["sh", "-c", "{ echo 192.0.2.1; head -c $1 /dev/zero | "
             'tr "\\0" "$2"; } | "$0" -s /run/mailban/control import '
             "-J dovecot", running.program("mailban"), size, byte],
            check=False)
    done = endless("100000000", "x")
    assert done.returncode == 2 and ":2: the line is longer" in done.stderr
    done = running.run(
        ["sh", "-c", 'yes "{}," | tr -d "\\n" | head -c 60000000 | '
         "sed 's/^/[/' | \"$0\" -s /run/mailban/control import -J dovecot",
         running.program("mailban")], check=False)
    assert done.returncode == 2 and "values: give a list" in done.stderr
    done = endless("300000000", "\\n")
    assert done.returncode == 2 and "longer than 256 MiB" in done.stderr
    assert bans(running) == {}


@pytest.mark.parametrize("form", FORMATS)
def test_through_encrypted_mail(running, new_host, form):
    """As a backup goes: smime makes each line end as mail has it."""
    other = start(new_host("mx2.example.org"))
    running.mailban("ban", "dovecot", "192.0.2.1", "2001:db8::1",
                    "198.51.100.0/24")
    running.mailban("ban", "--time", "-1", "postfix", "192.0.2.2")
    before = settled(running, 4)
    running.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                 "-keyout", "/root/key", "-out", "/root/cert", "-subj",
                 "/CN=backup"])
    mail = running.run(
        ["sh", "-c", '"$0" -s /run/mailban/control export --format "$1" | '
         "openssl smime -encrypt -aes256 -subject bans /root/cert",
         running.program("mailban"), form]).stdout
    assert "192.0.2" not in mail and "Content-Type" in mail
    other.write("/root/key", running.path("/root/key").read_text())
    other.write("/root/cert", running.path("/root/cert").read_text())
    done = other.run(
        ["sh", "-c", "openssl smime -decrypt -recip /root/cert -inkey "
         '/root/key | "$0" -s /run/mailban/control import',
         other.program("mailban")], input=mail)
    assert done.stdout == "4 banned, 0 prolonged, 0 known, 0 over\n"
    assert settled(other, 4).keys() == before.keys()


def stored(host):
    """How many bans the state has."""
    with statefile.copied(host.path(statefile.PATH)) as (_, db):
        return db.execute("SELECT count(*) FROM ban").fetchone()[0]


@pytest.mark.builds("release")
def test_a_hundred_thousand(new_host):
    """And out again, and in elsewhere."""
    host, other = (start(new_host(name))
                   for name in ("mx.example.org", "mx2.example.org"))
    count = 100000
    text = "".join(f"{a} 1d\n" for a in attack.addresses(count))
    assert take(host, text, "-J", "dovecot").stdout == \
        f"{count} banned, 0 prolonged, 0 known, 0 over\n"
    text = host.mailban("export", "--format", "csv").stdout
    assert text.count("\n") == count + 1
    assert take(other, text).stdout == \
        f"{count} banned, 0 prolonged, 0 known, 0 over\n"
    settled(other, count)
    assert other.mailban("export", "--format", "csv").stdout == text


@pytest.mark.builds("release")
def test_killed_amid_an_import(new_host, tally):
    """Daemon or command, at any moment: all of it is in force, or nothing."""
    host = start(new_host())
    count, dice = 20000, random.Random(SEED)
    host.write("/root/list", "".join(f"{a} 1d\n"
                                     for a in attack.addresses(count)))
    command = [host.program("mailban"), "-s", "/run/mailban/control",
               "import", "-J", "dovecot", "/root/list"]
    found = []
    for round_ in range(12):
        moment = dice.uniform(0, 0.5)
        if round_ % 4 == 0:
            host.run(["timeout", "-s", "KILL", f"{moment:.3f}", *command],
                     check=False)
            host.daemon.kill()
        else:
            client = host.start(command)
            time.sleep(moment)
            host.daemon.kill()
            client.wait()
        host.daemon = host.mailband()
        listed = json.loads(host.mailban("list", "--json").stdout)
        found.append(len(listed))
        if listed:
            host.mailban("unban", "--all")
        hosts.wait_for(lambda: stored(host) == 0)
    tally.fault("killed amid an import", len(found))
    assert set(found) <= {0, count}, found


def test_max_bans_is_asked_first(host):
    host.write(attack.MAIL_LOG, "", 0o644)
    host.mailband({"jail.local": attack.jail(),
                   "mailban.conf": "[mailban]\nmax_bans = 10\n"})
    take(host, "192.0.2.1\n192.0.2.2\n", "-J", "dovecot")
    text = "".join(a + "\n" for a in attack.addresses(9))
    done = take(host, text, "-J", "dovecot", check=False)
    assert done.returncode == 2 and "max_bans" in done.stderr
    assert len(bans(host)) == 2
    take(host, text[:text.rindex("10.0")], "-J", "dovecot")


def test_an_import_that_is_not_ended(running):
    """It bans nobody, and another has to wait for its silence alone."""
    begun = ask(running, {"command": "import", "bans": [
        ["192.0.2.1", "dovecot", 0, 0, 0]]})
    assert begun["ok"] and begun["result"]["refused"] == []
    done = take(running, "192.0.2.2\n", "-J", "dovecot", check=False)
    assert done.returncode == 2 and "under way" in done.stderr
    wrong = ask(running, {"command": "import", "id": 99, "commit": True})
    assert not wrong["ok"]
    running.mailban("reload")
    number = begun["result"]["id"]
    late = ask(running, {"command": "import", "id": number, "commit": True})
    assert not late["ok"] and "reloaded" in late["error"]
    assert bans(running) == {}
    take(running, "192.0.2.2\n", "-J", "dovecot")


def test_random_lists(running):
    """None is believed by halves, and the daemon lives."""
    dice = random.Random(SEED)
    whole = ("# address end jail start count\n192.0.2.1 1h dovecot\n"
             "2001:db8::/64 never postfix\n192.0.2.7,1h\n").encode()
    for _ in range(60):
        text = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            text[dice.randrange(len(text))] = dice.randrange(256)
        running.run([running.program("mailban"), "-s", "/run/mailban/control",
                     "import", "-J", "dovecot"], check=False,
                    input=text.decode("latin-1"))
        for _, address in bans(running):
            ipaddress.ip_network(address)
        running.mailban("unban", "--all", check=False)
    assert running.daemon.alive()


def test_who_may_only_look_exports_and_imports_nothing(running):
    running.mailban("ban", "dovecot", "192.0.2.1")
    settled(running, 1)
    member = ["setpriv", "--reuid=nobody", "--regid=mailban",
              "--clear-groups", running.program("mailban"), "-s",
              "/run/mailban/control"]
    assert "192.0.2.1" in running.run([*member, "export"]).stdout
    done = running.run([*member, "import", "-J", "dovecot"],
                       input="192.0.2.2\n", check=False)
    assert done.returncode == 2 and len(bans(running)) == 1
