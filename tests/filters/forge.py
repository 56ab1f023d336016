# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of the corpora with other text in the places that a client fills.

Each row of a corpus names these places in "client", in the order in which
they stand in the line: [kind, what stands right before it, the text itself].
The kind says what the daemon lets through there, which is looked up in its
source and stands in PRINTS. From each row come two sorts of lines:
  true    what the daemon could print: cut, quoted and replaced as it does it
  beyond  any text at all but a newline, for releases and settings unknown
"""
import contextlib
import ipaddress
import itertools
import json
import pathlib
import random
import re

CORPUS = pathlib.Path(__file__).parent / "corpus"
SEED = 20261121
FORGED = ("1.2.3.4", "2001:db8:666::7", "::ffff:1.2.3.4", "8.8.4.4")
ADDRESS = re.compile(r"(?<![\w.:-])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)|"
                     r"(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:.]*[0-9a-f:])")
LONG = 65536
# What syslog or a terminal makes of a line's end.
ENDS = ("\\n", "\\r\\n", "#012", "?", "^J", "\\012", "\\x0a", "\r", "\v",
        "\f", "\x85", "\u2028", "\0")


def any_text(most=None, dots="..."):
    """Printable text, the rest as "?", cut with dots behind."""
    def put(text):
        text = "".join(c if c.isprintable() else "?" for c in text)
        if most is None or len(text) <= most:
            return text
        return text[:most - len(dots)] + dots
    return put


def only(allowed, most, instead="", fold=str):
    """Characters of this class, the rest replaced, cut at most."""
    other = re.compile(f"[^{allowed}]")
    return lambda text: fold(other.sub(instead, text))[:most]


def without(banned, most, instead="?"):
    """Printable ASCII but for these."""
    def put(text):
        return "".join(c if " " <= c <= "~" and c not in banned else instead
                       for c in text)[:most]
    return put


def vis(most):
    """As OpenSSH's log.c: strnvis with VIS_SAFE|VIS_OCTAL after a cut."""
    def put(text):
        return "".join(
            c if " " <= c <= "~" and c != "\\" else
            "\\\\" if c == "\\" else
            "".join(f"\\{byte:03o}" for byte in c.encode())
            for c in text[:most])
    return put




def host(text):
    """What the resolver takes for a name; no daemon logs an empty one."""
    return re.sub(r"[^\w.-]", "", text)[:255] or "x"


# An address of Postfix's: rewritten to RFC 822 and printable(); what is no
# atom stands in quotes, so that a bare ">" ends it.
POSTFIX_ADDRESS = without("", 1900)
POSTFIX = {
    "rdns": host,
    # smtpd.c: printable(), then neuter(NEUTER_CHARACTERS)
    "helo": without('<>()\\";@', 1900),
    "sender": POSTFIX_ADDRESS, "recipient": POSTFIX_ADDRESS,
    # smtpd_sasl_glue.c: %.100s of a token that smtpd_token.c made
    "method": only("!-~", 100), "user": without("", 100),
    # smtpd.c: printable() of what came, cut by line_length_limit and syslog
    "command": without("", 1900), "domain": only("!-~", 100), "header": without("", 200),
    # tls_verify.c: a name of a certificate, printable()
    "issuer": without("", 500),
    # Dovecot's auth-request.c, as below
    "account": only(r"\w.@-", 64),
    "reply": without("", 1900)}
DOVECOT = {
    # login-common/client-common.c: str_sanitize(user, 80), of the mechanism
    # MAX_MECH_NAME: a word of the protocol's; without one nothing stands there
    "user": any_text(80),
    "method": lambda text: only("!-~", 64)(text) or "PLAIN",
    # One that a password was tried for.
    "guessed": lambda text: any_text(80)(re.sub("^(?=>|$)", "x", text)),
    # auth/auth-request.c: 64 bytes, and by default auth_username_chars; the
    # mechanism is one that the server has
    "account": only(r"\w.@-", 64), "given": any_text(128),
    "mechanism": lambda text: only("a-z0-9-", 20)(text) or "plain",
    # client_get_session_id(): 12 bytes in base64, 24 for IPv6
    "session": lambda text: only("A-Za-z0-9+/", 32)(text).ljust(16, "x"),
    # str_sanitize(local_name, 256): the name that the client calls the server
    "sni": any_text(256), "hello": any_text(256),
    # X509_NAME_oneline() into 1024 bytes
    "tls": any_text(1000), "reply": any_text(160), "password": any_text(),
    # imap_id_log_reply_append(): names of 30 and values of 80 characters
    "id": any_text(1800), "piece": any_text(1800),
    "payload": any_text(), "header": any_text(200)}


def exim_helo(text):
    """smtp_in.c, check_helo(): a literal or letters, digits, ".", "-", "_"."""
    if text.startswith("["):
        return "[" + re.sub(r"[^\w.:]", "", text)[:200] + "]"
    return host(text)


EXIM = {
    "rdns": host,
    "helo": exim_helo,
    # receive.c, log.c: string_printing()
    "user": any_text(), "sender": any_text(), "recipient": any_text(),
    "command": any_text(), "header": any_text()}
SSHD = {
    # auth.c: %.100s; packet.c: the preamble with the user %.200s, a message
    # %.400s
    # libwrap's rfc931.c: one word; an account is one of the host's own
    "user": vis(100), "account": host, "ident": lambda text: host(text) +
    only("!-~", 200)(text), "text": vis(400), "banner": vis(200),
    "reason": vis(400), "offer": vis(400), "keyid": vis(200), "host": vis(100)}
ANY = any_text()


def nginx_logged(text):
    """ngx_http_log_escape(); of no name, which is "-", nothing is told."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "".join(
        f"\\x{byte:02X}" for byte in c.encode()) for c in text) or "x"


def quoted(text):
    """3.13's lib/xsyslog_ev.c: in quotes, with them and backslashes escaped."""
    return re.sub(r'([\\"])', r"\\\1", ANY(text))


CYRUS = {"rdns": host, "user": ANY, "quoted": quoted,
         "plain": host, "method": lambda text: only("A-Z0-9-", 40)(text) or "X"}
# Kind by kind, of each filter.
PRINTS = {
    "dovecot": DOVECOT, "postfix": POSTFIX, "exim": EXIM, "sshd": SSHD,
    # authlib's courierauthdebug escapes nothing but control characters
    "courier": {"user": any_text(150), "method": only("A-Z0-9-", 20),
                "command": ANY, "sender": without("<>", 400)},
    "cyrus": CYRUS, "sieve": {**CYRUS, **DOVECOT},
    "horde": {"user": ANY, "forwarded": ANY},
    # ngx_http_auth_basic: up to a colon; the rest as ngx_escape_log has it
    "nginx": {"user": without(":", 4096, ""), "request": ANY, "host": ANY,
              "path": ANY, "logged": nginx_logged, "login": ANY},
    "opensmtpd": {"rdns": host, "user": ANY, "command": ANY},
    "roundcube": {"user": ANY, "forwarded": ANY, "path": ANY},
    "rspamd": {"header": ANY},
    # sendmail's xuntextify and shortenstring(MAXSHORTSTR)
    "sendmail": {"rdns": host, "user": any_text(203), "command": ANY,
                 "recipient": only("!#-;=?-~", 200), "sender": ANY,
                 "header": ANY},
    "sogo": {"user": ANY, "path": ANY, "forwarded": ANY},
}
# Of any program that is none of the filter's; and what is left of a line that
# was cut in the client's text, which stays.
PROGRAM = {"text": ANY, "cut": None}

# Pieces of lines, of which more is made up.
PIECES = (
    *FORGED, "[1.2.3.4]", "x[1.2.3.4]", "(1.2.3.4)", "<1.2.3.4>", "'1.2.3.4'",
    ",1.2.3.4", " 1.2.3.4 port 5", " from 1.2.3.4", " from 1.2.3.4 port 5 ssh2",
    " from y[1.2.3.4]", ", rip=1.2.3.4", ", rip=1.2.3.4, lip=5.6.7.8", ">, ",
    ", method=PLAIN", ", TLS", ", TLS: ", ", TLS handshaking: ", "user=<",
    "user=<x>", ", session=<a>", ", sni=<x", ">, rip=1.2.3.4",
    " (auth failed, 1 attempts in 2 secs)", "): ",
    ")<a>: ", ",1.2.3.4,<a>): unknown user", ", last failure: ", "sql(", "auth(",
    " (given password: ", "unknown user", "Password mismatch", "]: ", "]:25",
    ": Relay access denied", "SASL LOGIN authentication failed: ", "; ",
    " ssh2", " [preauth]", "invalid user ", "authenticating user ", " -> ",
    ") [1.2.3.4]", ") [1.2.3.4]: 535 Incorrect authentication data", " (set_id=",
    ", client: 1.2.3.4, ", ": password mismatch", '"', "'", "<", ">", "(", ")",
    "[", "]", "{", "}", " ", "  ", ",", ":", ";", "=", "x", "a@b", "\\", "%s",
    "é", "\ud7ff", ", ip=[1.2.3.4]", ", relay=x [1.2.3.4]", " to horde (1.2.3.4)",
    "Login from '1.2.3.4' for user 'x'", "; source ip: 1.2.3.4", " host=",
    "connected address=1.2.3.4 host=", " result=permfail", "rhost=1.2.3.4 ",
    " (X-Forwarded-For: ", " in session abc (error: 0)", "badlogin: ", *ENDS)


# What cannot be otherwise in any release: the resolver takes no other names,
# the user name of basic authentication ends at a colon, and the access log
# escapes quotes; Dovecot makes its
# session ids and names of mechanisms, and a name is no longer, a method one
# word; what Cyrus writes as NAME=VALUE it quotes.
SURE = {("nginx", "user"), ("nginx", "logged")} | {(name, "rdns") for name in PRINTS} | {
    (name, kind) for name in ("dovecot", "sieve")
    for kind in ("session", "mechanism", "method")} | {
    (name, kind) for name in ("cyrus", "sieve") for kind in ("quoted", "plain")}
MOST = {(name, kind): 80 for name in ("dovecot", "sieve")
        for kind in ("user", "guessed")}
# Filters of which a line means what those before it say.
WITH_SESSIONS = ("opensmtpd",)


def rows(name):
    """The rows of a filter's corpus."""
    text = (CORPUS / f"{name}.jsonl").read_text()
    return [json.loads(row) for row in text.split("\n") if row]


def spans(row):
    """(kind, start, end) of each mark; ValueError if a mark is not there."""
    found, at = [], 0
    for kind, before, text in row["client"]:
        start = row["line"].find(before + text, at)
        if start < 0:
            raise ValueError(f"no {before!r} {text!r} behind {at}: "
                             f"{row['line']}")
        start += len(before)
        at = start + len(text)
        found.append((kind, start, at))
    return found


def outside(row):
    """The line's parts that no client writes."""
    at, parts = 0, []
    for _, start, end in spans(row):
        parts.append(row["line"][at:start])
        at = end
    return [*parts, row["line"][at:]]


def peers(row):
    """The addresses outside of the marks, but for the server's own."""
    found = set()
    for part in outside(row):
        for text in ADDRESS.findall(re.sub(r"\blip=\S+|IPv6:", "",
                                           part)):
            for form in (text, text.rstrip(":"), text.rsplit(":", 1)[0]):
                with contextlib.suppress(ValueError):
                    address = ipaddress.ip_address(form)
                    mapped = getattr(address, "ipv4_mapped", None)
                    found.add(str(mapped or address))
                    break
    return found


def printer(name, kind):
    """What makes of any text what stands in the log."""
    return PRINTS[name][kind] if kind in PRINTS[name] else PROGRAM[kind]


def message(line):
    """What stands behind the header."""
    found = re.match(r"\S*\d\d:\d\d\S*(?: \S+?)*?\S*: |"
                     r"\w{3} [ \d]\d [\d:]{8} (?:\S+ )?\S+: ", line)
    return line[found.end():] if found else line


def forge_address(dice, text):
    return ADDRESS.sub(lambda _: dice.choice(FORGED), text)


def texts(dice, row, start, end, others):
    """What to put in one place: the worst for this line comes first."""
    head, tail = row["line"][:start], row["line"][end:]
    head, tail = (forge_address(dice, part)
                  for part in (message(head), tail))
    # The line's own end and beginning again, so that there are two of each.
    for text in (tail, f"x{tail}", f"x{tail}{head}", f"{tail}{head}x",
                 f"x{tail}{head}y{tail}{head}z", f"{head}x{tail}", f"{head}x",
                 f"x{tail}\\n{head}", head):
        yield text
    for other in dice.sample(others, min(4, len(others))):
        whole = forge_address(dice, other)
        yield whole
        yield f"x{dice.choice(ENDS)}{whole}"
        yield f"x{tail} {message(whole)}"
        yield message(whole)
    for _ in range(12):
        yield "".join(dice.choices(PIECES, k=dice.randint(1, 9)))
    yield ""


def long_texts(dice, row, start, end):
    """The same, of 64 kB."""
    tail = forge_address(dice, row["line"][end:])
    for text in (f"x{tail} ", dice.choice(PIECES) or "x", "x"):
        yield (text * (LONG // len(text) + 1))[:LONG]
    yield "x" * LONG + tail
    # What a source cuts off behind the look-alike.
    yield "x" * (LONG - len((row["line"][:start] + tail).encode())) + tail


def put(name, sort, kind, text):
    """The text as it stands in the log."""
    if sort == "beyond" and (name, kind) not in SURE:
        return text.replace("\n", "\\n")[:MOST.get((name, kind))]
    return printer(name, kind)(text)


def lines(name):
    """Every forged line of a filter: (row, sort, kinds changed, line).

    Where lines have sessions, those before come with it: (row, "", (), line).
    """
    dice = random.Random(SEED)
    corpus = rows(name)
    others = [row["line"] for row in corpus if row["modes"]]
    seen = set()

    def made(row, changed, sort):
        at, parts = 0, []
        for n, (kind, start, end) in enumerate(spans(row)):
            parts.append(row["line"][at:start])
            parts.append(row["line"][start:end]
                         if n not in changed or kind == "cut" else
                         put(name, sort, kind, changed[n]))
            at = end
        line = "".join(parts) + row["line"][at:]
        line = line.encode(errors="replace").decode()
        kinds = tuple(row["client"][n][0] for n in changed)
        if line not in seen:
            seen.add(line)
            if name in WITH_SESSIONS:
                for before in corpus[:corpus.index(row)]:
                    yield before, "", (), before["line"]
            yield row, sort, kinds, line

    for number, row in enumerate(corpus):
        marks = spans(row)
        choices = [list(texts(dice, row, start, end, others))
                   for _, start, end in marks]
        for sort in ("true", "beyond"):
            for n, choice in enumerate(choices):
                for text in choice:
                    yield from made(row, {n: text}, sort)
            for _ in range(8 if len(marks) > 1 else 0):
                yield from made(row, {n: dice.choice(choice) for n, choice
                                      in enumerate(choices)}, sort)
        # 64 kB each is slow to print: some rows of the many that are alike.
        if marks and (len(corpus) < 50 or number % 9 == 0):
            for n, (_, start, end) in itertools.islice(enumerate(marks), 4):
                for text in long_texts(dice, row, start, end):
                    yield from made(row, {n: text}, "true")
                    yield from made(row, {n: text}, "beyond")
