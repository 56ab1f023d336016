# SPDX-License-Identifier: GPL-2.0-or-later
"""The probe against servers that break at each step, and worse.

Each case is a server of badserver.py and what `mailban check probe` has to say
of it; all that hang are asked at the same time.
"""
import json
import re

import pytest

import hosts

# The command alone, which has no sandbox.
pytestmark = pytest.mark.builds("san")
BANNER = "> 220 bad.example.org ESMTP\r\n"
EHLO = ["<", "> 250-bad.example.org\r\n250 8BITMIME\r\n"]
EHLO_TLS = ["<", "> 250-bad.example.org\r\n250-STARTTLS\r\n250 8BITMIME\r\n"]
MAIL = ["<", "> 250 2.1.0 Ok\r\n"]
RSET = ["<", "> 250 2.0.0 Ok\r\n"]
QUIT = ["<", "> 221 2.0.0 Bye\r\n"]
TO_EHLO = [BANNER, *EHLO]
TO_TLS = [BANNER, *EHLO_TLS, "<", "> 220 2.0.0 Ready\r\n", "tls"]
LAST_TLS = ["<", "> 250-bad.example.org\r\n250 STARTTLS\r\n"]
WELL = [*TO_EHLO, *MAIL, *RSET, *QUIT]
WELL_TLS = [*TO_TLS, *EHLO_TLS, *MAIL, *RSET, *QUIT]

# Name: kind, steps, what is said, exit status.
CASES = {
    "all is well": ("smtp", WELL, "OK: 1 listeners answer", 0),
    "all is well under TLS": ("smtp", WELL_TLS, "OK: 1 listeners", 0),
    "TLS first": ("submissions", ["tls", *TO_EHLO, *MAIL, *RSET, *QUIT],
                  "OK: 1 listeners", 0),
    "bare newlines": ("smtp", [BANNER.replace("\r", ""), *EHLO, *MAIL, *RSET,
                               *QUIT], "OK:", 0),
    "a long banner": ("smtp", ["> " + "220-hello\r\n" * 90 + "220 x\r\n",
                               *EHLO, *MAIL, *RSET, *QUIT], "OK:", 0),
    "a byte at a time": ("smtp", ["> 2", "> 2", "> 0", "> \r", "> \n", *EHLO,
                                  *MAIL, *RSET, *QUIT], "OK:", 0),
    "no farewell": ("smtp", [*TO_EHLO, *MAIL, *RSET, "<"],
                    "QUIT: the server hung up", 1),
    # Without room
    "no room": ("smtp", [*TO_EHLO, "<", "> 452 4.3.1 Insufficient system "
                         "storage\r\n", *QUIT],
                "MAIL FROM: 452 4.3.1 Insufficient system storage", 2),
    "no room, of Exchange": (
        "smtp", [*TO_EHLO, "<", "> 452 4.3.1 Insufficient system "
                 "resources\r\n", *QUIT],
        "MAIL FROM: 452 4.3.1 Insufficient system resources", 2),
    # Policies
    "login first": ("submission", [*TO_EHLO, "<", "> 530 5.7.0 Log in\r\n",
                                   *RSET, *QUIT], "OK:", 0),
    "login first, by policy": (
        "submission", [*TO_EHLO, "<", "> 554 5.7.1 Access denied\r\n", *RSET,
                       *QUIT], "OK:", 0),
    "TLS offered last": (
        "smtp", [BANNER, *LAST_TLS, *TO_TLS[3:], *EHLO_TLS, *MAIL, *RSET,
                 *QUIT], "OK: 1 listeners", 0),
    "no login at 25": ("smtp", [*TO_EHLO, "<", "> 530 5.7.0 Log in\r\n",
                                *QUIT], "MAIL FROM: 530 5.7.0 Log in", 2),
    # Wrong codes
    "554 for a banner": ("smtp", ["> 554 no\r\n", *QUIT], "banner: 554 no", 2),
    "421 for a banner": ("smtp", ["> 421 4.3.2 All server ports are busy\r\n"],
                         "banner: 421 4.3.2 All server ports are busy", 2),
    "502 for EHLO": ("smtp", [BANNER, "<", "> 502 what\r\n", *QUIT],
                     "EHLO: 502 what", 2),
    "454 for STARTTLS": (
        "smtp", [BANNER, *EHLO_TLS, "<", "> 454 4.7.0 TLS not available due "
                 "to local problem\r\n", *QUIT],
        "STARTTLS: 454 4.7.0 TLS not available", 2),
    "500 for RSET": ("smtp", [*TO_EHLO, *MAIL, "<", "> 500 no\r\n", *QUIT],
                     "RSET: 500 no", 1),
    "no SMTP": ("smtp", ["> SSH-2.0-OpenSSH_9.2p1\r\n"],
                "banner: not understood: SSH-2.0-OpenSSH_9.2p1", 2),
    "a code of 999": ("smtp", ["> 999 x\r\n"], "banner: not understood", 2),
    "an empty line": ("smtp", ["> \r\n"], "banner: not understood", 2),
    "two digits": ("smtp", ["> 22\r\n"], "banner: not understood", 2),
    "a pipe and colours": (
        "smtp", ["> 554 a|b\x1b[31m\xe9\x07'x=1\r\n"],
        "banner: 554 a?b?[31m??'x=1", 2),
    # Closing
    "closed at once": ("smtp", [], "banner: the server hung up", 2),
    "half a banner": ("smtp", ["> 220 half"], "banner: the server hung up", 2),
    "closed at EHLO": ("smtp", [BANNER, "<"], "EHLO: the server hung up", 2),
    "closed in EHLO": ("smtp", [BANNER, "<", "> 250-x\r\n"],
                       "EHLO: the server hung up", 2),
    "closed at STARTTLS": ("smtp", [BANNER, *EHLO_TLS, "<"],
                           "STARTTLS: the server hung up", 2),
    "closed at MAIL": ("smtp", [*TO_EHLO, "<"],
                       "MAIL FROM: the server hung up", 2),
    "closed at MAIL under TLS": ("smtp", [*TO_TLS, *EHLO, "<"],
                                 "MAIL FROM: the server hung up", 2),
    # TLS
    "no TLS behind STARTTLS": ("smtp", [*TO_TLS[:-1], "> 250 what?\r\n"],
                               "TLS: ", 2),
    "no TLS at 465": ("submissions", [BANNER], "TLS: ", 2),
    "closed in TLS": ("submissions", [], "TLS: ", 2),
    "words before TLS": (
        "smtp", [BANNER, *EHLO_TLS, "<", "> 220 go\r\n250 smuggled\r\n",
                 "tls"],
        "STARTTLS: not understood: more than the answer", 2),
    # Too much
    "a NUL": ("smtp", ["> 220 a\0b\r\n"], "banner: not understood: a NUL", 2),
    "a line without end": ("smtp", ["flood x"],
                           "banner: the answer does not end", 2),
    "lines without end": ("smtp", ["flood 220-x\r\n"],
                          "banner: the answer does not end", 2),
    "EHLO without end": ("smtp", [BANNER, "<", "flood 250-STARTTLS\r\n"],
                         "EHLO: the answer does not end", 2),
    "EHLO without end under TLS": (
        "smtp", [*TO_TLS, "<", "flood 250-x\r\n"],
        "EHLO: the answer does not end", 2),
    "NULs without end": ("smtp", ["flood \0"],
                         "banner: the answer does not end", 2),
    "records without end": ("submissions", ["flood \x16\x03\x03\x00\x01"],
                            "TLS: ", 2),
    # IMAP and POP3
    "IMAP": ("imap", ["> * OK hi\r\n", "<", "> a BAD no TLS\r\n", "<",
                      "> * BYE\r\nq OK bye\r\n"], "OK:", 0),
    "IMAP with STARTTLS": (
        "imap", ["> * OK hi\r\n", "<", "> a OK begin\r\n", "tls", "<",
                 "> * BYE\r\nq OK bye\r\n"], "OK:", 0),
    "IMAP under TLS": ("imaps", ["tls", "> * OK hi\r\n", "<",
                                 "> * BYE\r\nq OK bye\r\n"], "OK:", 0),
    "IMAP says BYE": ("imap", ["> * BYE full\r\n", "<", "> q OK\r\n"],
                      "banner: * BYE full", 2),
    "IMAP's tag is another": ("imap", ["> * OK hi\r\n", "<", "> b OK\r\n"],
                              "STARTTLS: not understood: b OK", 2),
    "IMAP without end": ("imap", ["> * OK hi\r\n", "<", "flood * x\r\n"],
                         "STARTTLS: the answer does not end", 2),
    "POP3": ("pop3", ["> +OK hi\r\n", "<", "> -ERR no\r\n", "<",
                      "> +OK\r\n"], "OK:", 0),
    "POP3 with STLS": ("pop3", ["> +OK hi\r\n", "<", "> +OK\r\n", "tls", "<",
                                "> +OK\r\n"], "OK:", 0),
    "POP3 says no": ("pop3", ["> -ERR full\r\n", "<", "> +OK\r\n"],
                     "banner: -ERR full", 2),
    "no POP3": ("pop3", ["> 220 x\r\n"], "banner: not understood: 220 x", 2),
}
# Where it hangs: kind, the steps before.
HANGS = {
    "banner": ("smtp", []),
    "half a banner": ("smtp", ["> 220 half"]),
    "EHLO": ("smtp", [BANNER, "<"]),
    "half of EHLO": ("smtp", [BANNER, "<", "> 250-x\r\n250"]),
    "STARTTLS": ("smtp", [BANNER, *EHLO_TLS, "<"]),
    "TLS": ("smtp", TO_TLS[:-1]),
    "EHLO under TLS": ("smtp", [*TO_TLS, "<"]),
    "TLS at 465": ("submissions", []),
    "banner of IMAP": ("imap", []),
    "STARTTLS of IMAP": ("imap", ["> * OK\r\n", "<"]),
    "banner of POP3": ("pop3", []),
    "STLS": ("pop3", ["> +OK\r\n", "<"]),
}
STEP = {"half a banner": "banner", "half of EHLO": "EHLO",
        "EHLO under TLS": "EHLO", "TLS at 465": "TLS",
        "banner of IMAP": "banner", "STARTTLS of IMAP": "STARTTLS",
        "banner of POP3": "banner", "STLS": "STARTTLS"}
FIRST = 4000


@pytest.fixture(scope="module")
def bad(tree, build):
    """A host with all of these servers; .port[name], .server."""
    host = hosts.Host(tree, build=build)
    try:
        certificate(host, 40)
        scripts, host.port = {}, {}
        for name, (_, steps, *_) in CASES.items():
            host.port[name] = FIRST + len(scripts)
            scripts[host.port[name]] = steps
        for name, (_, steps) in HANGS.items():
            host.port["hangs: " + name] = FIRST + len(scripts)
            scripts[FIRST + len(scripts)] = [*steps, "hang"]
        for name in ("MAIL", "RSET", "QUIT"):
            host.port["hangs: " + name] = FIRST + len(scripts)
            scripts[FIRST + len(scripts)] = [*TO_EHLO, "<", "hang"] \
                if name == "MAIL" else [*TO_EHLO, *MAIL, "<", "hang"] \
                if name == "RSET" else [*TO_EHLO, *MAIL, *RSET, "<", "hang"]
        host.server = start(host, scripts)
        yield host
    finally:
        host.close()


def certificate(host, days):
    host.run(["sh", "-c", "openssl req -x509 -newkey rsa:2048 -nodes -keyout "
              f"/tmp/key -out /tmp/crt -days {days} -subj /CN=bad.example.org "
              "&& cat /tmp/key /tmp/crt >/tmp/cert.pem"])


def start(host, scripts):
    import tempfile
    with tempfile.TemporaryFile() as script:
        script.write(json.dumps(scripts).encode())
        script.seek(0)
        server = host.start(["python3", "/mailban/tests/badserver.py"],
                            stdin=script)
    server.wait_log("^ready$")
    return server


def probe(host, *args, **run):
    done = host.run([host.program("mailban"), "check", "probe", *args],
                    check=False, **run)
    assert re.fullmatch(r"[ -~]+\n", done.stdout), done.stdout
    assert done.stdout.count("|") <= 1
    return done


@pytest.mark.parametrize("name", CASES)
def test_server(bad, tally, name):
    kind, _, said, status = CASES[name]
    tally.bad_input("answers of a mail server")
    # What is refused once is not asked again for a time: not in a test.
    bad.run(["rm", "-rf", "/tmp/mailban-0"])
    done = probe(bad, "-H", "127.0.0.1", "-p", f"{kind}:{bad.port[name]}")
    assert said in done.stdout
    assert done.returncode == status, done.stdout


@pytest.mark.parametrize("some", [0, 1])
def test_servers_that_hang(bad, tally, some):
    """The deadline holds, for each step, side by side."""
    names = list(HANGS)[some::2]
    well = f"smtp:{bad.port['all is well']}"
    tally.bad_input("mail servers that hang", len(names))
    done = probe(bad, "-t", "1", "-H", "127.0.0.1", "-p", ",".join(
        [well] + [f"{HANGS[name][0]}:{bad.port['hangs: ' + name]}"
                  for name in names]))
    assert done.returncode == 2
    for name in names:
        port = bad.port["hangs: " + name]
        assert f"{HANGS[name][0]}:{port} 127.0.0.1: " \
            f"{STEP.get(name, name)}: no answer in time" in done.stdout
    assert done.stdout.count("no answer in time") == len(names)


def test_who_hangs_takes_nobody_elses_time(bad, tally):
    """Alone it is told, though it was the first to be asked."""
    hanging = [bad.port["hangs: banner"], bad.port["hangs: EHLO"]]
    well = bad.port["all is well"]
    tally.bad_input("mail servers that hang", len(hanging))
    done = probe(bad, "-t", "6", "-H", "127.0.0.1", "-p", ",".join(
        [f"smtp:{port}" for port in [*hanging, well]] +
        [f"imap:{bad.port['IMAP']}"]), *[
            word for port in (hanging[0], well)
            for word in ("--egress", f"127.0.0.1:{port}")])
    assert done.returncode == 2
    assert done.stdout.split("|")[0] == (
        f"CRITICAL: smtp:{hanging[0]} 127.0.0.1: banner: no answer in time, "
        f"smtp:{hanging[1]} 127.0.0.1: EHLO: no answer in time, "
        f"egress 127.0.0.1:{hanging[0]}: banner: no answer in time")


@pytest.mark.parametrize("step", ["MAIL", "RSET", "QUIT"])
def test_servers_that_hang_late(bad, tally, step):
    tally.bad_input("mail servers that hang")
    done = probe(bad, "-t", "1", "-H", "127.0.0.1", "-p",
                 f"smtp:{bad.port['hangs: ' + step]}")
    assert f"{'MAIL FROM' if step == 'MAIL' else step}: no answer in time" \
        in done.stdout
    assert done.returncode == (2 if step == "MAIL" else 1)


def test_memory_is_bounded(bad):
    """However much a server says, little of it is taken."""
    bad.run(["rm", "-rf", "/tmp/mailban-0"])
    floods = [name for name in CASES if name.endswith("without end")]
    ports = ",".join(f"{CASES[name][0]}:{bad.port[name]}" for name in floods)
    done = bad.run([
        "python3", "-c", "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
        bad.program("mailban", "release"), "check", "probe", "-H",
        "127.0.0.1", "-p", ports])
    assert int(done.stdout) < 24 * 1024  # kB


def test_mail_is_not_asked_again(bad):
    """After a 452, MAIL FROM waits; the alarm does not."""
    bad.run(["rm", "-rf", "/tmp/mailban-0"])
    args = ("-H", "127.0.0.1", "-p", f"smtp:{bad.port['no room']},"
            f"smtp:{bad.port['all is well']}")

    def asked():
        lines = [json.loads(line) for line in
                 bad.server.log().splitlines() if line.startswith("[")]
        return sum("MAIL FROM:<>" in heard for port, heard, _ in lines
                   if port in (bad.port["no room"], bad.port["all is well"]))
    before = asked()
    done = probe(bad, *args)
    assert done.returncode == 2 and "452 4.3.1" in done.stdout
    # The second listener was spared too.
    hosts.wait_for(lambda: asked() == before + 1)
    done = probe(bad, *args)
    assert done.returncode == 2
    assert re.search(r"452 4\.3\.1 .* \(asked again at ", done.stdout)
    assert asked() == before + 1
    # As if that time had come.
    bad.run(["sed", "-i", r"s/ [0-9]* / 1 /", "/tmp/mailban-0/mailban-probe"])
    done = probe(bad, *args)
    assert "asked again" not in done.stdout
    hosts.wait_for(lambda: asked() == before + 2)
    assert bad.path("/tmp/mailban-0/mailban-probe").read_text() \
        .startswith("2 ")


def test_a_folder_of_others_is_not_used(bad):
    bad.run(["sh", "-c", "rm -rf /tmp/mailban-0; mkdir -m 777 /tmp/mailban-0"])
    probe(bad, "-H", "127.0.0.1", "-p", f"smtp:{bad.port['no room']}")
    assert list(bad.path("/tmp/mailban-0").iterdir()) == []
    bad.run(["rm", "-rf", "/tmp/mailban-0"])


def test_certificate_days(bad):
    port = f"submissions:{bad.port['TLS first']}"
    for args, status, said in (
            ((), 0, "listeners answer"),
            (("-w", "50", "-c", "10"), 1, "the certificate has 39 days left"),
            (("-w", "90", "-c", "50"), 2, "the certificate has 39 days left")):
        done = probe(bad, "-H", "127.0.0.1", "-p", port, *args)
        assert (done.returncode, said in done.stdout) == (status, True), \
            done.stdout
    assert re.search(r"'days submissions:\d+ 127\.0\.0\.1'=39;90:;50:",
                     done.stdout)


def test_nobody_is_there(bad):
    done = probe(bad, "-p", "25")
    assert done.returncode == 2
    assert "smtp 127.0.0.1: connect: Connection refused" in done.stdout
    done = probe(bad)
    assert (done.returncode, done.stdout) == \
        (2, "CRITICAL: nobody listens on port 25\n")
    done = probe(bad, "-H", "nowhere.invalid", "-t", "3")
    assert done.returncode == 3


def test_egress(bad):
    for name, status, said in (
            ("all is well", 0, "egress"),
            ("554 for a banner", 2, "banner: 554 no"),
            ("closed at once", 2, "banner: the server hung up")):
        done = probe(bad, "--no-mail", "-H", "127.0.0.1", "-p",
                     f"smtp:{bad.port['all is well']}", "--egress",
                     f"127.0.0.1:{bad.port[name]}")
        assert done.returncode == status, done.stdout
        assert said in done.stdout
