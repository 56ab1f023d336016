# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail log lines of every sort that reports tell apart, whole and damaged.

Each sort stands once in LINES, as Postfix writes it (the source file is named
above those that belong together); generate() fills in who and when, and
mutate() does to lines what full disks, relays and attackers do to them.
"""
import random

# {q} queue id, {h} client, {a} address, {s} {r} sender and recipient, {n} a
# number, {d} a delay, {x} a host of theirs, {p} a process.
LINES = [
    # src/smtpd/smtpd.c
    "smtpd: {q}: client={h}",
    "smtpd: {q}: client={h}, sasl_method=PLAIN, sasl_username={s}",
    "submission/smtpd: {q}: client={h}, sasl_method=LOGIN, sasl_username={s}",
    "smtps/smtpd: {q}: client={h}",
    "submissions/smtpd: {q}: client={h}",
    "smtpd: NOQUEUE: client={h}",
    "smtpd: {q}: client=localhost[127.0.0.1], orig_queue_id={q}, "
    "orig_client={h}",
    "smtpd: connect from {h}",
    "smtpd: disconnect from {h}",
    "smtpd: disconnect from {h} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
    "smtpd: lost connection after DATA from {h}",
    "smtpd: warning: {x}: hostname {x} verification failed: Name or service "
    "not known",
    "smtpd: warning: {h}: SASL LOGIN authentication failed: "
    "authentication failure",
    "smtpd: warning: a text that goes on for so long that it does not fit "
    "into the room that it has: {x}",
    "smtpd: fatal: open database /etc/postfix/x.db: No such file",
    "smtpd: panic: vstream_fdopen: bad file {n}",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 554 5.7.1 <{r}>: Relay access "
    "denied; from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 450 4.1.8 <{s}>: Sender address "
    "rejected: Domain not found; from=<{s}> to=<{r}> proto=SMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 550 5.1.1 <{r}>: Recipient address "
    "rejected: User unknown in local recipient table; from=<{s}> to=<{r}> "
    "proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 550 5.1.1 <{r}>: Recipient address "
    "rejected: unverified address: host {x}[{a}] said: 550 no such user (in "
    "reply to RCPT TO command); from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 554 5.7.1 Service unavailable; "
    "Client host [{a}] blocked using zen.example; https://www.example/{a}; "
    "from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 554 5.7.1 Service unavailable; "
    "Sender address [{s}] blocked using rhs.example; from=<{s}> to=<{r}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 450 4.7.1 <{x}>: Helo command "
    "rejected: Host not found; from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 504 5.5.2 <a>: Helo command "
    "rejected: need fully-qualified hostname; from=<> to=<{r}> proto=SMTP",
    "smtpd: {q}: reject: RCPT from {h}: 452 4.3.1 Insufficient system "
    "storage; from=<{s}> to=<{r}>",
    "smtpd: {q}: reject: DATA from {h}: 550 5.5.3 <DATA>: Data command "
    "rejected: Multi-recipient bounce; from=<> proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: MAIL from {h}: 552 5.3.4 Message size exceeds "
    "fixed limit; proto=ESMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: MAIL from {h}: 554 5.7.1 <{s}>: Sender address "
    "rejected: Access denied; from=<{s}> proto=ESMTP",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 503 5.5.1 Protocol error; "
    "from=<{s}> to=<{r}>",
    "smtpd: {q}: reject: DATA from {h}: 503 Improper use of SMTP command "
    "pipelining; from=<{s}> to=<{r}>",
    "smtpd: NOQUEUE: reject: EHLO from {h}: 451 4.3.0 Server configuration "
    "error; proto=SMTP helo=<{x}>",
    "smtpd: NOQUEUE: reject: MAIL from {h}: 451 Server configuration problem; "
    "proto=SMTP",
    "smtpd: NOQUEUE: reject: ETRN {x} from {h}: 554 5.7.1 denied",
    "smtpd: NOQUEUE: reject: CONNECT from {h}: 554 5.7.1 <{h}>: Client host "
    "rejected: Access denied; proto=SMTP",
    "smtpd: NOQUEUE: reject: VRFY from {h}: 550 5.1.1 <{r}>: Recipient "
    "address rejected: undeliverable; to=<{r}>",
    "smtpd: NOQUEUE: reject_warning: RCPT from {h}: 450 4.7.1 <{x}>: Helo "
    "command rejected: Host not found; from=<{s}> to=<{r}> helo=<{x}>",
    "smtpd: NOQUEUE: hold: RCPT from {h}: <{r}>: Recipient address triggers "
    "HOLD action; from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: {q}: discard: RCPT from {h}: <{r}>: Recipient address discarded; "
    "from=<{s}> to=<{r}>",
    "smtpd: {q}: milter-reject: END-OF-MESSAGE from {h}: 5.7.1 Blocked; "
    "from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: reject: RCPT from {h}: 554 <{r}>: Relay access denied; "
    "from=<{s}> to=<{r}>",
    "smtpd: reject_warning: RCPT from {h}: 450 <{x}>: no; from=<{s}>",
    "smtpd: hold: RCPT from {h}: <x>: held; from=<{s}> to=<{r}>",
    "smtpd: discard: RCPT from {h}: <x>: gone; from=<{s}> to=<{r}>",
    "smtpd: NOQUEUE: reject: RCPT from {h}: 550 5.1.1 <{r}>: User unknown in "
    "virtual alias table",
    # src/postscreen/postscreen_smtpd.c
    "postscreen: CONNECT from [{a}]:{n} to [203.0.113.25]:25",
    "postscreen: PASS OLD [{a}]:{n}",
    "postscreen: NOQUEUE: reject: RCPT from [{a}]:{n}: 550 5.7.1 Service "
    "unavailable; client [{a}] blocked using zen.example; from=<{s}>, "
    "to=<{r}>, proto=ESMTP, helo=<{x}>",
    "postscreen: NOQUEUE: reject: CONNECT from [{a}]:{n}: too many "
    "connections",
    # src/cleanup
    "cleanup: {q}: message-id=<{n}@{x}>",
    "cleanup: {q}: reject: header Subject: viagra {n} from {h}; from=<{s}> "
    "to=<{r}> proto=ESMTP helo=<{x}>: 5.7.1 no",
    "cleanup: {q}: warning: header Received: from {x} ({x} [{a}]) by {x} for "
    "<{r}>; Sat, 21 Nov 2026 10:00:00 +0100 from {h}; from=<{s}> to=<{r}>",
    "cleanup: {q}: hold: header X-Spam: yes from {h}; from=<{s}>: x",
    "cleanup: {q}: discard: body buy now from {h}; from=<{s}> to=<{r}>",
    "cleanup: {q}: milter-reject: END-OF-MESSAGE from {h}: 5.7.1 Spam message "
    "rejected; from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "cleanup: {q}: milter-hold: END-OF-MESSAGE from {h}: held; from=<{s}>",
    "cleanup: warning: {q}: write queue file: No space left on device",
    # src/pickup, src/qmgr
    "pickup: {q}: uid={n} from=<{s}>",
    "pickup: {q}: sender={s}",
    "qmgr: {q}: from=<{s}>, size={n}, nrcpt={n} (queue active)",
    "qmgr: {q}: from=<{s}>, size={n}{n}, nrcpt=1 (queue active)",
    "qmgr: {q}: from=<>, size={n}, nrcpt=1 (queue active)",
    "qmgr: {q}: from=<{s}>, size=0, nrcpt=1 (queue active)",
    "qmgr: {q}: from=<{s}>, status=expired, returned to sender",
    "qmgr: {q}: removed",
    # src/global/log_adhoc.c
    "smtp: {q}: to=<{r}>, relay={h}:25, delay={d}, delays={d}/0/{d}/0, "
    "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {q})",
    "smtp: {q}: to=<{r}>, orig_to=<{s}>, relay={h}:25, conn_use={n}, "
    "delay={d}, delays={d}/0/{d}/0, dsn=2.0.0, status=sent (250 ok)",
    "smtp: {q}: to=<{r}>, relay={h}:25, delay={d}, delays={d}/0/{d}/0, "
    "tls=TLSv1.3, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {q})",
    "smtp: {q}: to=<{r}>, relay={h}:25, delay={d}, status=sent (250 old)",
    "local: {q}: to=<{r}>, orig_to=<root>, relay=local, delay={d}, "
    "delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as {q})",
    "local: {q}: to=<{r}>, relay=local, delay={d}, delays=0/0/0/0, "
    "dsn=2.0.0, status=sent (delivered to mailbox)",
    "lmtp: {q}: to=<{r}>, relay=mx[private/dovecot-lmtp], delay={d}, "
    "delays=0/0/0/{d}, dsn=2.0.0, status=sent (250 2.0.0 <{r}> x Saved)",
    "smtp: {q}: to=<{r}>, relay=none, delay={d}, delays={d}/0/30/0, "
    "dsn=4.4.1, status=deferred (connect to {x}[{a}]:25: Connection timed "
    "out)",
    "smtp: {q}: to=<{r}>, relay={h}:25, delay={d}, delays=0/0/1/0, "
    "dsn=4.7.1, status=deferred (host {x}[{a}] said: 450 4.7.1 <{r}>: "
    "Recipient address rejected: Greylisted, see https://x.example/{n} (in "
    "reply to RCPT TO command))",
    "error: {q}: to=<{r}>, relay=none, delay={d}, delays={d}/0/0/0, "
    "dsn=4.4.2, status=deferred (delivery temporarily suspended: lost "
    "connection with {x}[{a}] while receiving the initial server greeting)",
    "smtp: {q}: to=<{r}>, relay={h}:25, delay={d}, delays=0/0/1/0, "
    "dsn=5.1.1, status=bounced (host {x}[{a}] said: 550 5.1.1 <{r}>: User "
    "unknown (in reply to RCPT TO command))",
    "local: {q}: to=<{r}>, relay=local, delay={d}, delays=0/0/0/0, "
    'dsn=5.1.1, status=bounced (unknown user: "{n}")',
    "bounce: {q}: sender non-delivery notification: {q}",
    "smtp: connect to {x}[{a}]:25: Connection refused",
    "smtp: connect to {x}[{a}]: Connection timed out (port 25)",
    "smtp: connect to {x}: Connection refused; address {a} port 25",
    "smtp: Trusted TLS connection established to {x}[{a}]:25: TLSv1.3 with "
    "cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
    "anvil: statistics: max connection rate {n}/60s for (smtp:{a}) at x",
    "master: daemon started -- version 3.7.11, configuration /etc/postfix",
    "master: warning: process /usr/lib/postfix/sbin/smtpd pid {p} exit "
    "status 1",
    "master: reload -- version 3.7.11, configuration /etc/postfix",
    "trivial-rewrite: warning: do not list domain {x} in BOTH mydestination "
    "and virtual_alias_domains",
    "postsuper: {q}: removed",
    # Since 3.10 with the id, and so of each message that never came.
    "smtpd: {q}: lost connection after DATA ({n} bytes) from {h}",
    "smtpd: NOQUEUE: timeout after END-OF-MESSAGE from {h}",
    "smtpd: {q}: too many errors after RCPT from {h}",
    "smtpd: NOQUEUE: abort: TLS from {h}: Please use TLS",
    "cleanup: {q}: removed (canceled)",
    "cleanup: {q}: removed (discarded)",
    # src/tls/tlsrpt_wrapper.c, 3.10; what it begins with looks like an id
    "smtp: TLSRPT: status=success, domain={x}, receiving_mx={x}[{a}]",
    "smtp: TLSRPT: status=failure, domain={x}, receiving_mx={x}[{a}], "
    "failure_type=certificate_expired",
    # src/smtp/smtp_connect.c, 3.11
    "smtp: {q}: Sender requested REQUIRETLS, but REQUIRETLS support was not "
    "offered by host {x}[{a}]:25",
    # src/smtpd/smtpd.c, smtpd_proxy_filter
    "smtpd: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as {q}; "
    "from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: proxy-reject: END-OF-MESSAGE: 550 5.7.1 no; from=<{s}> to=<{r}> "
    "proto=ESMTP helo=<{x}>",
    # src/smtpd/smtpd_check.c
    "smtpd: NOQUEUE: warn: RCPT from {h}: <{r}>: Recipient address triggers; "
    "from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>",
    "smtpd: using backwards-compatible default setting smtpd_relay_before_"
    'recipient_restrictions=no to reject recipient "{r}" from client "{h}"',
    "smtpd: discarding EHLO keywords: CHUNKING",
    # src/cleanup/cleanup_milter.c, milter_header_checks
    "cleanup: {q}: milter-header-reject: header X-Spam: {n} from {h}; "
    "from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>: 5.7.1 no",
    "cleanup: {q}: milter-header-filter: header X-Spam: {n} from {h}; "
    "from=<{s}> to=<{r}> proto=ESMTP helo=<{x}>: smtp:{x}",
    # src/smtp/smtp_trouble.c: why another server is tried
    "smtp: {q}: SASL authentication failed; server {x}[{a}] said: 535 no",
    "smtp: {q}: mail for {x} loops back to myself",
    "bounce: {q}: not sending trace/success notification for double-bounce "
    "message",
    "postscreen: ALLOWLIST VETO [{a}]:{n}",
    "postscreen: BDAT without valid RCPT from [{a}]:{n}",
    "trivial-rewrite: using backwards-compatible default setting "
    'append_dot_mydomain=yes to rewrite "{r}" to "{r}.{x}"',
    "postsuper: Force-expired: {n} messages",
    "scache: statistics: start interval Nov 21 10:00:00",
]
OTHERS = [
    "dovecot: imap-login: Login: user=<{r}>, method=PLAIN, rip={a}, "
    "lip=203.0.113.25, mpid={p}, TLS, session=<x>",
    "sshd[{p}]: Failed password for root from {a} port 22 ssh2",
    "postfix/postfix-script[{p}]: starting the Postfix mail system",
    "postfix-script[{p}]: fatal: the Postfix mail system is not running",
    "postfix: warning: x",
    "dovecot: dict({p}): Debug: x",
    "postfix[{p}]: fatal: usage",
]

HOSTS = ["mail.example.org", "unknown", "mx1.mail.example.co.uk",
         "a.b.example.net", "LISTS.Example.Com", "localhost", "host.de",
         "smtp-out.example.info", "x.y.z.ac.nz"]
ADDRESSES = ["192.0.2.1", "198.51.100.23", "203.0.113.7", "198.51.100.230",
             "192.0.2.19", "2001:db8::1", "2001:db8:bad::7"]
PEOPLE = ["alice@example.org", "Bob@Example.COM", "carol@mail.example.net",
          "x+y@example.co.uk", "root", "", "list-return-36-a=b.example@l.org",
          "bounce-12_3-dave=example.org@news.example.com", "host!user@site",
          "a!b!c!erin@uucp", "no_at_all", "@example.org",
          "SRS0=a=b=example.org=x@example.net", "a@b@example.org",
          "frank@sub.example.info", "noreply-123-4@shop.example.de"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Maker:
    def __init__(self, seed, iso=False, days=3):
        self.random = random.Random(seed)
        self.iso, self.days = iso, days
        self.queues = [self.queue() for _ in range(12)]
        self.second = 0

    def queue(self):
        if self.random.random() < 0.5:
            return "%X" % self.random.randrange(16 ** 9, 16 ** 11)
        return "4" + "".join(self.random.choices(
            "BCDFGHJKLMNPQRSTVWXYZbcdfgh0123456789", k=10)) + "zbcd"

    def fields(self):
        pick = self.random.choice
        address = pick(ADDRESSES)
        if self.random.random() < 0.02:
            self.queues[self.random.randrange(12)] = self.queue()
        return {"q": pick(self.queues), "h": f"{pick(HOSTS)}[{address}]",
                "a": address, "s": pick(PEOPLE), "r": pick(PEOPLE),
                "n": str(self.random.choice([1, 7, 77, 1234, 65535, 600000])),
                "d": pick(["0", "0.0", "0.02", "1.5", "12", "77.25", "5000",
                           "1e2", "86400.1"]),
                "x": pick(HOSTS), "p": str(self.random.randrange(2, 9))}

    def date(self):
        self.second += self.random.randrange(0, 3000)
        day, rest = divmod(self.second, 86400)
        day = 1 + day % self.days
        clock = "%02d:%02d:%02d" % (rest // 3600, rest // 60 % 60, rest % 60)
        if self.iso:
            return f"2026-11-{day:02d}T{clock}.123456+01:00"
        return f"Nov {day:2d} {clock}"

    def line(self):
        fields = self.fields()
        if self.random.random() < 0.05:
            text = self.random.choice(OTHERS).format(**fields)
        else:
            program, text = self.random.choice(LINES).split(": ", 1)
            text = f"postfix/{program}[{fields['p']}]: " + \
                text.format(**fields)
        return f"{self.date()} mx1 {text}"


def mutate(line, rng):
    """One of the things that happen to lines."""
    at = rng.randrange(len(line) + 1)
    to = min(len(line), at + rng.randrange(1, 12))
    pieces = [": ", ", ", "; ", "<", ">", "[", "]", "(", ")", " from ", "!",
              "@", ".", "=", "to=<", "from=<", "size=", "status=sent",
              "status=deferred (", "relay=", "delay=", " said: ", "reject: ",
              "warning: ", "[12]: ", "postfix/", "smtpd", "\t", "  ", "-", "_",
              "NOQUEUE: ", "0", "7", "\x01", "\xff", "client=", " connect to ",
              " blocked", "[ID 197553 mail.info] ", ": [ID 1 a.b] ",
              "master", "/cleanup[1]: ", "hold: ", "header ", "unknown"]
    return rng.choice([
        lambda: line[:at] + line[to:],
        lambda: line[:at],
        lambda: line[at:],
        lambda: line[:at] + rng.choice(pieces) + line[at:],
        lambda: line[:at] + rng.choice(pieces) + line[to:],
        lambda: line[:to] + line[at:],
        lambda: line[:at] + line[at:to].swapcase() + line[to:],
        lambda: line[:20] + line[at:],
    ])()


def generate(seed, lines, damaged=0.0, iso=None, days=3):
    """A log, as bytes."""
    rng = random.Random(seed ^ 0x5eed)
    maker = Maker(seed, bool(seed & 1) if iso is None else iso, days)
    out = []
    for _ in range(lines):
        line = maker.line()
        while rng.random() < damaged:
            line = mutate(line, rng)
        out.append(line.replace("\n", " ").rstrip("\r"))
    return "\n".join(out).encode("latin-1", "replace") + b"\n"
