# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/layers goes red for each thing that it is there to see."""
import pathlib
import shutil
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[1]
HEAD = "/* SPDX-License-Identifier: GPL-2.0-or-later */\n"


def layers(tree):
    done = subprocess.run([REPO / "tests/layers", tree], text=True,
                          stdout=subprocess.PIPE, timeout=120)
    assert done.returncode == (1 if done.stdout else 0)
    return done.stdout


@pytest.fixture
def small(tmp_path):
    """A tree of a few files that keep to their layers."""
    for path, text in {
            "lib/addr.h": "", "filters/failure.h": "", "filters/filter.h": "",
            "jails/jail.h": '#include "filters/failure.h"\n',
            "sources/file.h": "", "nft/set.h": "", "daemon/engine.h": "",
            "cli/table.h": "",
            "sources/journal.c": "#include <systemd/sd-journal.h>\n",
            "filters/regex.c": "#include <pcre2.h>\n",
            "nft/set.c": "#include <libnftnl/set.h>\n",
            "daemon/state_read.c": "#include <sqlite3.h>\n",
            "daemon/warden.c": '#include "nft/set.h"\n',
            "daemon/engine.c": '#include "jails/jail.h"\n',
            "tests/lib/test_addr.c": '#include "nft/set.h"\n'}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(HEAD + text)
    (tmp_path / "Makefile").write_text(
        "NFT = nft/set\nWARDEN = daemon/warden \\\n\tlib/addr $(NFT)\n"
        "WARDEN_LIBS = -lmnl\nGAUGE = daemon/gauge alarms/disk\n"
        "GAUGE_LIBS = -lseccomp\n")
    shutil.copy(REPO / ".clang-format", tmp_path)
    return tmp_path


def test_this_tree_keeps_its_layers():
    assert layers(REPO) == ""


def test_a_tree_that_keeps_its_layers_is_green(small):
    assert layers(small) == ""


@pytest.mark.parametrize("path, line", [
    ("lib/bad.c", '#include "filters/failure.h"'),
    ("lib/bad.c", "#include <systemd/sd-journal.h>"),
    ("lib/bad.c", "#include <systemd/sd-event.h>"),
    ("sources/bad.c", '#include "filters/filter.h"'),
    ("sources/file.c", "#include <systemd/sd-journal.h>"),
    ("filters/bad.c", '#include "jails/jail.h"'),
    ("filters/bad.h", '#  include "sources/file.h"'),
    ("jails/bad.c", '#include "filters/filter.h"'),
    ("jails/bad.c", '#include "nft/set.h"'),
    ("jails/bad.c", "#include <pcre2.h>"),
    ("nft/bad.c", '#include "jails/jail.h"'),
    ("cli/bad.c", '#include "nft/set.h"'),
    ("cli/bad.c", '#include "daemon/engine.h"'),
    ("daemon/bad.c", '#include "nft/set.h"'),
    ("daemon/bad.c", "#include <libmnl/libmnl.h>"),
    ("daemon/bad.c", "#include <sqlite3.h>"),
    ("daemon/bad.c", '#include "cli/table.h"'),
    ("daemon/warden.c", "#include <libnftnl/set.h>"),
    ("daemon/bad.c", '#include "lib/none.h"'),
    ("daemon/bad.c", '#include "state.h"'),
    ("nft/bad.c", "#include <jansson.h>"),
    ("daemon/bad.c", 'int x(void)\n{\n\treturn system("true");\n}'),
    ("daemon/bad.c", "long x(void)\n{\n\treturn time(NULL);\n}"),
])
def test_a_planted_break_is_named(small, path, line):
    (small / path).write_text(HEAD + line + "\n")
    where = 4 if "\n" in line else 2
    assert f"{path}:{where}: " in layers(small)


@pytest.mark.parametrize("path, line", [
    ("daemon/good.c", '/* #include "nft/set.h" */'),
    ("daemon/good.c", 'const char *x = "system(1)"; /* time(NULL) */'),
    ("daemon/good.c", "int x = sd_time(0);"),
    ("lib/clock.c", "long x(void)\n{\n\treturn time(NULL);\n}"),
])
def test_what_only_looks_like_a_break_is_none(small, path, line):
    (small / path).write_text(HEAD + line + "\n")
    assert layers(small) == ""


def test_a_file_of_no_folder(small):
    (small / "util").mkdir()
    (small / "util/util.c").write_text(HEAD)
    assert "util/util.c" in layers(small)


def test_no_licence(small):
    (small / "lib/bad.c").write_text("int x;\n")
    assert "lib/bad.c:1: " in layers(small)


@pytest.mark.parametrize("line", [
    "WARDEN = daemon/warden filters/filter", "WARDEN_LIBS = -lmnl -lpcre2-8",
    "GAUGE = daemon/gauge alarms/level", "GAUGE_LIBS = -lsystemd",
    "NFT = nft/set \\\n\tjails/jail", "OTHER = 1"])
def test_what_the_warden_links(small, line):
    makefile = small / "Makefile"
    if line.startswith("OTHER"):
        makefile.write_text(line + "\n")
    else:
        makefile.write_text(makefile.read_text() + line + "\n")
    assert "Makefile: " in layers(small)


def test_format(small):
    version = subprocess.run(["clang-format", "--version"], text=True,
                             stdout=subprocess.PIPE).stdout
    if "version 14" not in version:
        pytest.skip("the format is that of clang-format 14")
    (small / "lib/bad.c").write_text(HEAD + "int   x;\n")
    assert "lib/bad.c:2: not as" in layers(small)
    (small / "lib/bad.c").unlink()
    (small / "tests/lib/test_addr.c").write_text(HEAD + "int   x;\n")
    assert "tests/lib/test_addr.c:2: not as" in layers(small)
