# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual says what there is: all of it, and nothing that is not."""
import json
import pathlib
import re
import subprocess

import pytest

import hosts

REPO = pathlib.Path(__file__).resolve().parents[2]
MAN = REPO / "man"
PAGES = sorted(path.name for path in MAN.iterdir())


@pytest.fixture(scope="module")
def commands():
    """Of each command its options, as "-x, --xyz VALUE"."""
    done = subprocess.run([hosts.built("mailban"), "help", "--json"], check=True, text=True,
                          stdout=subprocess.PIPE)
    return {command["name"]: {spell(**option) for option in command["options"]}
            for command in json.loads(done.stdout)}


def spell(letter, name, value, **_):
    return f"-{letter}, --{name}" + (f" {value}" if value else "")


def page(name):
    return (MAN / name).read_text()


def section(text, name):
    """From .Sh NAME to the next one."""
    match = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    assert match, f"no .Sh {name}"
    return match[1]


def options_of(text):
    """What .It Fl x , -xyz Ar VALUE lines there are."""
    return {spell(letter, name, value) for letter, name, value in re.findall(
        r"^\.It Fl (\w) , -([\w-]+)(?: Ar (\w+))?$", text, re.M)}


def keys_of(text):
    return set(re.findall(r"^\.It Ic ([\w.]+)$", text, re.M))


def table_of(path, pattern):
    """The first group of pattern, wherever it stands in a source file."""
    found = set(re.findall(pattern, (REPO / path).read_text()))
    assert found, f"{path}: no {pattern}"
    return found


def test_every_page_is_right():
    for name in PAGES:
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning",
                               MAN / name], text=True, stdout=subprocess.PIPE)
        assert done.stdout == ""


def test_every_page_that_is_named_exists():
    others = {"mailq.1", "smtpd.8", "nft.8", "glob.7", "sd_notify.3",
              "sendmail.1",
              "pcre2pattern.3", "gzip.1", "grep.1", "systemctl.1",
              "journald.conf.5", "postqueue.1", "postsuper.1", "postconf.1",
                  "qmgr.8"}
    for name in PAGES:
        named = {f"{n}.{s}" for n, s in
                 re.findall(r"^\.Xr (\S+) (\d)", page(name), re.M)}
        assert named - others <= set(PAGES), name
        assert name not in named


def test_commands(commands):
    text = section(page("mailban.1"), "COMMANDS")
    assert set(re.findall(r"^\.It Cm (\w+)", text, re.M)) == set(commands)


def test_options_of_commands(commands):
    text = page("mailban.1")
    general = options_of(section(text, "DESCRIPTION"))
    parts = re.split(r"^\.It Cm (\w+)", section(text, "COMMANDS"),
                     flags=re.M)
    documented = dict(zip(parts[1::2], map(options_of, parts[2::2])))
    used = set().union(*commands.values())
    for name, options in commands.items():
        assert documented[name] == options - general, name
    assert general - used == {"-V, --version"}
    # And the line that names them in short.
    for name, words in re.findall(r"^\.It Cm (\w+)(.*)$", text, re.M):
        known = {word.lstrip("-") for option in documented[name]
                 for word in option.replace(",", "").split()}
        assert set(re.findall(r"Fl -?([\w-]+)", words)) <= known, name


def test_general_options():
    done = subprocess.run([hosts.built("mailban"), "--help"], check=True, text=True,
                          stdout=subprocess.PIPE)
    listed = {line.split("  ")[1].strip() for line in done.stdout.splitlines()
              if line.startswith("  -")}
    assert len(listed) == 4
    assert listed <= options_of(section(page("mailban.1"), "DESCRIPTION"))


def test_completion_knows_all(commands):
    text = (REPO / "cli/completion.bash").read_text()
    left = dict(commands)
    listed = re.search(r'local commands="([^"]*)"', text)[1].split()
    assert set(listed) == set(commands)
    for names, body in re.findall(r"^\t([\w |]+)\)\n(.*?);;", text,
                                  re.M | re.S):
        words = set(re.findall(r"--\w+", body))
        for name in names.split(" | "):
            assert words == {option.split(", ")[1].split()[0]
                             for option in left.pop(name)}, name
    assert left == {}


def completions(*words):
    """What bash would offer for the last word."""
    script = 'source cli/completion.bash; mailban() { return 1; }; ' \
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mailban; ' \
        'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script, "bash", "mailban", *words],
                          cwd=REPO, check=True, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.split()


def test_completion_works():
    assert completions("un") == ["unban"]
    assert completions("-s", "/x", "relo") == ["reload"]
    assert completions("unban", "--a") == ["--all"]
    assert completions("help", "sta") == ["status"]


def test_options_of_the_daemon():
    letters = re.findall(r"^\.It Fl (\w)(?: Ar \w+| , -\w+)?$",
                         page("mailband.8"), re.M)
    source = (REPO / "daemon/main.c").read_text()
    taken = re.search(r'getopt_long\(argc, argv, "([\w:]+)"', source)[1]
    assert set(letters) == set(taken.replace(":", ""))


def test_keys_of_the_daemon():
    assert keys_of(page("mailban.conf.5")) == table_of(
        "daemon/settings.c", r'\{"([a-z_]+)", take_') | table_of(
        "daemon/alarm_settings.c", r'\{"([a-z_]+)", (?:take_|ALARM_)')


def test_shipped_settings_are_the_defaults():
    """daemon/mailban.conf has every key, as it is without the file."""
    shipped = dict(re.findall(
        r"^#(\w+) = (.*)$", (REPO / "daemon/mailban.conf").read_text(), re.M))
    items = re.findall(r"^\.It Ic (\w+)\n(.*?)(?=^\.It |^\.El)",
                       page("mailban.conf.5"), re.M | re.S)
    default = r"^Default:\s+(?:\.(?:Li|Pa) )?([\w%/ ]*[\w%])"
    told = {key: re.search(default, text, re.M)[1] for key, text in items}
    assert shipped == told


def test_keys_of_jails():
    source = (REPO / "jails/jailkeys.c").read_text()
    ours, others = re.search(
        r"keys\[\] = \{(.*?)/\* fail2ban's.*?\*/(.*?)\};", source, re.S) \
        .groups()
    text = section(page("mailban-jail.5"), "KEYS")
    documented, without = text.split(".Ss Keys without effect\n")
    assert keys_of(documented) == set(re.findall(r'"([^"]+)"', ours))
    assert set(re.findall(r"[a-z_0-9-]+", " ".join(re.findall(
        r"^\.Ic (.*)", without, re.M)))) == \
        set(re.findall(r'"([^"]+)"', others))


def test_every_key_that_is_read_is_known():
    known = (REPO / "jails/jailkeys.c").read_text()
    for path in (REPO / "jails").glob("*.c"):
        for key in re.findall(r'jailvalue_\w+\(&?\w+,\s*"([^"]+)"',
                              path.read_text()):
            assert f'"{key}",' in known, key


def test_readme_names_what_there_is(commands):
    text = (REPO / "README.md").read_text()
    assert set(re.findall(r"(?:`|build/)mailban (\w+)", text)) <= set(commands)
    makefile = (REPO / "Makefile").read_text()
    for target in re.findall(r"(?:^    |`)make (\w+)", text, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for path in re.findall(r"(?:\]\(|`)((?:man|cli|systemd|jails)/[\w./-]+)",
                           text):
        assert (REPO / path).exists(), path


def test_options_of_check():
    """Its own parser's table, against its own page and the completion."""
    source = (REPO / "cli/check/options.c").read_text()
    rows = re.findall(r'^\t\{"([\w-]+)",\s*(\S+),\s*("[^"]*"|NULL),', source,
                      re.M)
    taken = {(letter.strip("'") if letter.startswith("'") else "", name)
             for name, letter, _ in rows}
    text = section(page("mailban-check.1"), "OPTIONS")
    documented = set(re.findall(
        r"^\.It Fl (?:(\w) , )?-([\w-]+)(?: Ar .*)?$", text, re.M))
    assert documented == taken
    bash = (REPO / "cli/completion.bash").read_text()
    listed = re.search(r'_mailban_check="([^"]*)"', bash)[1].split()
    assert {f"--{name}" for _, name in taken} == set(listed)


def test_options_of_report():
    """Its own parser's table, against its own page."""
    source = (REPO / "cli/report/options.c").read_text()
    names = set(re.findall(r'^\t\{"([\w-]+)",', source, re.M))
    text = section(page("mailban-report.1"), "OPTIONS")
    documented = set()
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        line = re.sub(r" Ar .*?(?= , Fl|$)| Ns.*", "", line)
        documented |= {word.lstrip("-") for word in
                       re.split(r" , (?:Fl )?", line.removeprefix("Fl "))}
    assert documented == names
    bash = (REPO / "cli/completion.bash").read_text()
    listed = re.search(r'_mailban_report="([^"]*)"', bash)[1].split()
    assert {f"--{name}" for name in names if len(name) > 1 and
            not re.match("no-(bounce|defer|reject|smtpd)", name)} == \
        set(listed)
