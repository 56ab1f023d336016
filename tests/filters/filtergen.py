# SPDX-License-Identifier: GPL-2.0-or-later
"""Filters of fail2ban's format put together by chance, with lines for them.

Each takes some of the format's parts: sections and includes, overrides by
.local, interpolation, tags in tags, every tag of an expression, the forms of
a date. What comes out depends on the generator's seed alone.
"""
import datetime
import os
import time

HOSTS = ["192.0.2.1", "2001:db8::1", "[2001:db8::2]", "::ffff:192.0.2.3",
         "[192.0.2.9]", "host.example.com", "192.0.2.0/24", "2001:db8::/32",
         "300.1.1.1", "::1", "192.0.2.1:25", "unknown[192.0.2.4]"]
USERS = ["bob", "alice", "", "x from 192.0.2.99", "a\"b", "b\u00f6b", "<ADDR>"]
MESSAGES = [
    "login failed for {user} from {host}",
    "login failed for {user} from {host} port {port}",
    "FAIL {host} user={user}",
    "conn id={id} from {host}",
    "conn id={id} failed user={user}",
    "conn id={id} user={user} accepted",
    "conn id={id} closed",
    "key={id}/{port} denied",
    "nothing of interest",
]
# One connection's lines are told by its id.
EXPRESSIONS = [
    ["^login failed for <F-USER>[^ ]*</F-USER> from <HOST>(?: port "
     "<F-PORT/>)?$"],
    [r"^login failed for .* from <ADDR>\b"],
    [r"login failed for \S+ from <HOST>"],
    [r"^FAIL \[?<IP4>\]? user=", r"^FAIL \[?<IP6>\]? user="],
    [r"^FAIL <SUBNET> user=<F-USER>.*</F-USER>$"],
    [r"^FAIL <ADDR>(?:/<CIDR>)? user="],
    [r"^(?:FAIL|login failed for \S* from) <DNS>\b"],
    [r"^login failed for (?:<F-ALT_USER_1>a\w*</F-ALT_USER_1>|"
     r"<F-USER>b\w*</F-USER>|\S*) from <HOST>"],
    [r"^key=<F-ID>\d+</F-ID>/\d+ denied", r"^FAIL <HOST>"],
    [r"^key=<F-ID/> denied"],
    [r"^<F-NOFAIL>conn id=<F-MLFID>\d+</F-MLFID> from <HOST></F-NOFAIL>",
     r"^conn id=<F-MLFID>\d+</F-MLFID> failed user=<F-USER>.*</F-USER>$",
     r"^<F-NOFAIL><F-MLFGAINED>conn id=<F-MLFID>\d+</F-MLFID> user=<F-USER>"
     r"\S*</F-USER> accepted</F-MLFGAINED></F-NOFAIL>",
     r"^<F-NOFAIL><F-MLFFORGET>conn id=<F-MLFID>\d+</F-MLFID> closed"
     r"</F-MLFFORGET></F-NOFAIL>"],
    [r"^conn id=<F-MLFID>\d+</F-MLFID> from <HOST>",
     r"^conn id=<F-MLFID>\d+</F-MLFID> (?:<F-MLFFORGET>closed</F-MLFFORGET>|"
     r"failed)"],
    [r"^login failed for \S{,3} from <HOST>", r"^(?:FAIL|key=) ?<HOST>"],
    [r"^FAIL (?P<fid>\S+) user="],
    [r"^(?:login failed for \S* from|FAIL) (?:\[<IP6>\]|<HOST>)(?: .*)?\Z"],
    [r"^\s*FAIL \[?(?:::f{4,6}:)?<HOST>\]?(?=\s)"],
]
IGNORED = [r"user=alice", r"for bob from <HOST>", r"port 4711$", "^FAIL ::1"]
PREFIXES = [
    None,
    "^%(__prefix_line)s<F-CONTENT>.+</F-CONTENT>$",
    r"^\s*\S+ <_daemon>(?:\[\d+\])?: <F-CONTENT>.+</F-CONTENT>$",
    r"^<prefix>(?:%(skip)s)?<F-CONTENT>\S.*</F-CONTENT>$",
    "^%(__prefix_line)s(?:warning: )?<F-CONTENT>(?:login|FAIL|conn|key).*"
    "</F-CONTENT>",
]
HEADS = ["mx prog: ", "mx prog[12]: ", "mx prog[12]: ", "mx prog[1]: warning: ",
         "mx other: ", "prog[7]: ", ""]
# A form of dates, and how strftime writes one that it finds.
DATES = [
    (None, "%b %d %H:%M:%S "),
    (None, "%Y-%m-%dT%H:%M:%S.123456+02:00 "),
    (None, "%Y-%m-%d %H:%M:%S,123 "),
    (None, "[%d/%b/%Y:%H:%M:%S +0200] "),
    (None, "%a %b %d %H:%M:%S %Y "),
    (None, "%d.%m.%Y %H:%M:%S "),
    ("{^LN-BEG}", "%Y-%m-%d %H:%M:%S "),
    ("{^LN-BEG}%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S "),
    ("^%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S "),
    ("%Y-%m-%d %H:%M:%S(?:[.,]%f)?", "%Y-%m-%d %H:%M:%S.5 "),
    ("%ExY-%Exm-%Exd %ExH:%ExM:%ExS", "%Y-%m-%d %H:%M:%S "),
    ("{UNB}%H:%M:%S", "at%H:%M:%Sx "),
    ("**%H:%M:%S**", "at%H:%M:%Sx "),
    ("{NONE}", "%b %d %H:%M:%S "),
    ("{DATE}", "%Y-%m-%d %H:%M:%S "),
    (r"^\[{DATE}\]", "[%Y-%m-%d %H:%M:%S] "),
    (r"^\[%d/%b/%Y:%H:%M:%S %z\]\s", "[%d/%b/%Y:%H:%M:%S +0200] "),
    ("{*WD-BEG}%d/%b/%Y:%H:%M:%S %z", "[%d/%b/%Y:%H:%M:%S -0130] "),
    ("Epoch", "%s "),
    ("EPOCH", "%s.123 "),
    ("{^LN-BEG}EPOCH", "[%s] "),
    ("LEPOCH", "%s123 "),
    ("^LEPOCH", "%s123456 "),
    ("^t={EPOCH} ", "t=%s "),
    (r"^time={LEPOCH}\b", "time=%s123 "),
    ("TAI64N", "@4000000042ff4567123456ab "),
    ("{^LN-BEG}TAI64N", "@4000000042ff4567123456ab "),
    ("^%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%SZ "),
    ("^%Y-%m-%dT%H:%M:%S%Exz", "%Y-%m-%dT%H:%M:%SCEST "),
    ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S UTC "),
    ("%Y-%m-%d %H:%M:%S %ExZ", "%Y-%m-%d %H:%M:%S EST "),
    ("%b %d, %Y %I:%M:%S %p", "%b %d, %Y %I:%M:%S %p "),
    ("%Y %j %H:%M", "%Y %j %H:%M "),
    ("%Y %U %a %H:%M:%S", "%Y %U %a %H:%M:%S "),
    ("%Y %W %w %H:%M:%S", "%Y %W %w %H:%M:%S "),
    ("%A, %d %B %Y %H:%M", "%A, %d %B %Y %H:%M "),
    ("^%y%m%d %k:%M:%S", "%y%m%d %k:%M:%S "),
    ("%Exd/%b/%Exy %l:%M%p", "%d/%b/%y %l:%M%p "),
    ("^%Y-%m-%d %H:%M\n^%b %d %H:%M:%S\n{^LN-BEG}", "%b %d %H:%M:%S "),
    ("^(%H:%M)\n%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S "),
    ("<d>(%Y-%m-%d %H:%M:%S)</d>", "<d>%Y-%m-%d %H:%M:%S</d> "),
    ("^<%Y-%m-%d> ", "<%Y-%m-%d> "),
    (r"(?<=at )%H:%M:%S\b", "at %H:%M:%S "),
    ("(?iu)^%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M:%S "),
    ("%H:%M:%S %%", "%H:%M:%S % "),
    ("%x %X", "%x %X "),
    ("%c", "%c "),
]


def stamp(form, when):
    return form if form.startswith("@") else \
        datetime.datetime.fromtimestamp(when).strftime(form)


def lines(random, date, now, joined, count=14):
    """Lines of one minute; of connections now, for what their lines tell is
    kept for minutes only, and a line without a date is of now."""
    found = []
    when = now - random.choice([0, 1, 59] if joined else
                               [0, 1, 59, 3600, 90000, 40 * 86400])
    # One that is no address, though it looks like one, takes its place.
    hosts = [host for host in HOSTS if not (joined and host == "300.1.1.1")]
    for number in range(count):
        form = date[1] if random.random() < 0.7 else random.choice(DATES)[1]
        message = random.choice(MESSAGES).format(
            user=random.choice(USERS), host=random.choice(hosts),
            id=random.choice([101, 102]), port=random.choice([4711, 25]))
        found.append(stamp(form, when + number) + random.choice(HEADS)
                     + message)
    return found


def spread(random, expressions, section):
    """The value of failregex, straight or by way of other keys."""
    way = random.randrange(8)
    text = "\n    ".join(expressions)
    if way == 0:
        section["_expr"] = text
        return "%(_expr)s"
    if way == 1:
        section["_expr"] = text
        return "<_expr>"
    if way == 2:
        section.update({"mdre-a": text, "mdre-b": expressions[0],
                        "mode": random.choice("ab")})
        return "<mdre-<mode>>"
    if way == 3:
        section["_first"] = expressions[0]
        return "\n    ".join(["%(_first)s", *expressions[1:]])
    if way == 4:
        section.update({"_in": text, "_deep": "%(_in)s", "_er": "<_deep>"})
        return "<_er>"
    if way == 5:
        section["_expr"] = text
        return "%(_expr)s\n    <Definition/_expr>"
    return text


def text_of(sections):
    out = []
    for name, keys in sections.items():
        out.append(f"[{name}]\n")
        out += [f"{key} = {value}\n" for key, value in keys.items()]
    return "\n".join(out)


def case(random, now):
    """(files, options, lines) of one filter by the name of "it"."""
    date = random.choice(DATES)
    prefix = random.choice(PREFIXES)
    definition = {}
    sections = {"INCLUDES": {"before": "common.conf"}, "DEFAULT": {},
                "Definition": definition, "Init": {}}
    files, options = {}, {}
    random.choice([sections["DEFAULT"], definition])["_daemon"] = "prog"
    chosen = random.choice(EXPRESSIONS)
    if prefix:
        definition["prefregex"] = prefix
        definition["prefix"] = r"(?:\w+ )?<_daemon>(?:\[\d+\])?: "
        sections["DEFAULT"]["skip"] = "warning: "
    else:
        chosen = [e.replace("^", r"^.*?\b(?=\w+ )" if random.random() < .3
                            else r"^\s*(?:\w+ )?%(__prefix_line)s", 1)
                  if e.startswith("^") else e for e in chosen]
    definition["failregex"] = spread(random, chosen, definition)
    definition["ignoreregex"] = random.choice(IGNORED) \
        if random.random() < .4 else ""
    if date[0]:
        value = date[0].replace("%", "%%").replace("\n", "\n    ")
        random.choice([definition, sections["Init"]])["datepattern"] = value
    elif random.random() < .5:
        definition["datepattern"] = ""
    if definition.get("datepattern") == "":
        del definition["datepattern"]
    if random.random() < .2:
        sections["Init?family=inet6"] = {"prefix": "never: "}
    # With prefregex fail2ban keeps of a line what that leaves, and nothing of
    # those before it; we keep all, so that is not compared.
    if random.random() < .3 and not prefix:
        definition["maxlines"] = str(random.choice([1, 2, 3]))
    change(random, files, sections, options, chosen)
    files["it.conf"] = text_of(sections)
    joined = any("MLFID" in text for text in files.values())
    return files, options, lines(random, date, now, joined)


def change(random, files, sections, options, chosen):
    """Lay something over what the filter says, in one of the ways there are."""
    way = random.randrange(10)
    other = random.choice([e for e in EXPRESSIONS if len(e) == 1])[0]
    if way == 0:
        files["it.local"] = text_of({"Definition": {
            "failregex": f"%(known/failregex)s\n    {other}"}})
    elif way == 1:
        files["it.local"] = text_of({"Definition": {
            "_daemon": "(?:%(known/_daemon)s|other)",
            "ignoreregex": "from 192\\.0\\.2\\.1"}})
        sections["Definition"]["_daemon"] = "prog"
    elif way == 2:
        options["logtype"] = random.choice(["short", "file", "rfc5424"])
    elif way == 3:
        options["mode"] = random.choice("abc")
    elif way == 4:
        options["usedns"] = random.choice(["no", "raw", "warn"])
        options["_daemon"] = "other"
    elif way == 5:
        files["base.conf"] = text_of({
            "INCLUDES": {"before": "common.conf"},
            "Definition": {"_more": other, "failregex": "^never <HOST>$"}})
        sections["INCLUDES"]["before"] = "base.conf"
        sections["Definition"]["failregex"] += "\n    %(_more)s"
    elif way == 6:
        sections["INCLUDES"]["after"] = "late.conf"
        files["late.conf"] = text_of({"Definition": {
            "ignoreregex": random.choice(IGNORED)}})
    elif way == 7:
        sections["lt_own"] = {"expr": other}
        sections["Definition"]["which"] = "own"
        sections["Definition"]["failregex"] += "\n    <lt_<which>/expr>"
    elif way == 8:
        sections["Init"]["_daemon"] = "(?:prog|other)"


def clock(zone):
    """Let datetime and time take zone for the local one."""
    os.environ["TZ"] = zone
    time.tzset()
