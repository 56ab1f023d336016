# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit, the user and the directories, looked at by systemd's own tools."""
import re
import shlex
import subprocess

import pytest

import hosts
# What runs there is systemd's.
pytestmark = pytest.mark.builds("san")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What make install leaves."""
    folder = tmp_path_factory.mktemp("install")
    subprocess.run(["make", "-s", "install", f"DESTDIR={folder}",
                    "PREFIX=/usr"], cwd=hosts.REPO, check=True, timeout=300)
    return folder


def test_unit(host, installed):
    for name in ("sbin/mailband", "sbin/mailban-warden", "bin/mailban"):
        program = installed / "usr" / name
        assert program.stat().st_mode & 0o111
        host.write(f"/usr/{name}", program.read_bytes(), 0o755)
    unit = (installed / "usr/lib/systemd/system/mailban.service").read_text()
    assert "ExecStart=/usr/sbin/mailband\n" in unit
    host.write("/etc/systemd/system/mailban.service", unit)
    done = host.run(["systemd-analyze", "verify", "--man=no",
                     "/etc/systemd/system/mailban.service"], check=False)
    assert "mailban" not in done.stderr
    # A directive that does not exist is told there.
    host.write("/etc/systemd/system/mailban.service",
               unit + "[Service]\nProtectSystm=strict\n")
    done = host.run(["systemd-analyze", "verify", "--man=no",
                     "/etc/systemd/system/mailban.service"], check=False)
    assert "ProtectSystm" in done.stderr


def test_syslog_socket(host, installed):
    """It is right, and is mailban's own to start."""
    host.write("/usr/sbin/mailband", "", 0o755)
    host.write("/usr/bin/mailban", "", 0o755)
    units = {}
    for name in ("mailban.service", "mailban-syslog.socket"):
        units[name] = (installed / "usr/lib/systemd/system" /
                       name).read_text()
        host.write(f"/etc/systemd/system/{name}", units[name])
    done = host.run(["systemd-analyze", "verify", "--man=no",
                     "/etc/systemd/system/mailban-syslog.socket"], check=False)
    assert "mailban" not in done.stderr
    assert "\nService=mailban.service\n" in units["mailban-syslog.socket"]
    assert "\nFileDescriptorStoreMax=1\n" in units["mailban.service"]


@pytest.mark.parametrize("name", ["mail", "names", "probe", "processes"])
def test_drop_ins(host, installed, name):
    """The examples are understood, and add to the unit what they say."""
    for program in ("usr/sbin/mailband", "usr/bin/mailban"):
        host.write(f"/{program}", "", 0o755)
    host.write("/etc/systemd/system/mailban.service", (
        installed / "usr/lib/systemd/system/mailban.service").read_text())
    example = (installed / "usr/share/doc/mailban/examples" /
               f"{name}.conf").read_text()
    assert f"/etc/systemd/system/mailban.service.d/{name}.conf" in \
        example.replace("\n# ", " ")
    host.write(f"/etc/systemd/system/mailban.service.d/{name}.conf", example)
    done = host.run(["systemd-analyze", "verify", "--man=no",
                     "/etc/systemd/system/mailban.service"], check=False)
    assert "mailban" not in done.stderr
    # It was read: what is wrong in it is told.
    host.append(f"/etc/systemd/system/mailban.service.d/{name}.conf",
                "ReadWritePathz=/x\n")
    done = host.run(["systemd-analyze", "verify", "--man=no",
                     "/etc/systemd/system/mailban.service"], check=False)
    assert f"{name}.conf" in done.stderr and "ReadWritePathz" in done.stderr


@pytest.mark.parametrize("name", ["mailban", "mailban-metrics",
                                  "mailban-zabbix"])
def test_exposure(host, installed, capsys, name):
    host.write(f"/etc/systemd/system/{name}.service", (
        installed / f"usr/lib/systemd/system/{name}.service").read_text())
    done = host.run(["systemd-analyze", "security", "--offline=yes",
                     "--no-pager", f"{name}.service"])
    said = done.stdout.splitlines()[-1]
    with capsys.disabled():
        print(f"\nDebian {hosts.debian()}: {said}")
    assert float(re.search(name + r".service: ([\d.]+)", said)[1]) <= 1.5


@pytest.mark.parametrize("name", [
    "mailban-metrics.service", "mailban-metrics.socket",
    "mailban-zabbix.service", "mailban-zabbix.timer",
    "mailban-report.service", "mailban-report.timer"])
def test_other_units(host, installed, name):
    units = installed / "usr/lib/systemd/system"
    for unit in units.iterdir():
        host.write(f"/etc/systemd/system/{unit.name}", unit.read_text())
    host.write("/usr/bin/mailban", "", 0o755)
    host.write("/usr/sbin/mailband", "", 0o755)
    done = host.run(["systemd-analyze", "verify", "--man=no",
                     f"/etc/systemd/system/{name}"], check=False)
    assert "mailban" not in done.stderr
    # None runs before it is enabled, which takes one word.
    assert ("[Install]" in (units / name).read_text()) == \
        (not name.endswith(".service"))


def commands(unit):
    """What systemd runs for a unit, one after the other."""
    return [shlex.split(line.removeprefix("ExecStart=")) for line in
            unit.replace("\\\n", " ").splitlines()
            if line.startswith("ExecStart=")]


def test_ids_to_hold(host, installed):
    """Whatever stands in the folder, root reads ids and waits for nobody."""
    examples = installed / "usr/share/doc/mailban/examples"
    host.write("/usr/local/sbin/mailban-hold",
               (examples / "mailban-hold").read_bytes(), 0o755)
    host.write("/usr/sbin/postsuper", "#!/bin/sh\n[ \"$*\" = \"-h -\" ] && "
               "[ $(id -u) = 0 ] && cat >>/srv/held\n", 0o755)
    as_mailban = ["setpriv", "--reuid=mailban", "--regid=mailban",
                  "--clear-groups"]
    host.run(["install", "-d", "-o", "mailban", "/var/lib/mailban"])
    host.write("/srv/secret", "SECRETID\n", 0o600)
    host.run([*as_mailban, "mailban-hold", "-h", "4fSx1n2zYXz", "-h",
              "0A1B2C3D4E"])
    host.run([*as_mailban, "sh", "-c", """cd /var/lib/mailban/hold
echo ALL >all; printf 'ABCDEF' >'no end'; mkdir -p d/e; echo DEEP01 >d/e/f
mkfifo fifo -- '-h'; ln -s /srv/secret link; ln -s /dev/zero zero
echo ODD001 >"$(printf '; touch x\n$(touch x) %%s\033[2J')"
echo 'AAAAA; reboot' >shell; echo '-h BBBBB' >option; echo 'CCCCCC CCCCCC' >two
head -c 3000000 /dev/zero >big; chmod 0 big; echo HIDDEN >.hidden
"""])
    unit = (examples / "mailban-hold.service").read_text()
    first, second = commands(unit)
    host.run(first, timeout=20)
    ids = {"4fSx1n2zYXz", "0A1B2C3D4E", "ABCDEF", "DEEP01", "ODD001", "HIDDEN"}
    assert set(host.path("/srv/held").read_text().split()) == ids
    # It ended before the second: they are held again, and none is lost.
    host.run([*as_mailban, "mailban-hold", "-h", "LATER1"])
    host.run(first, timeout=20)
    assert set(host.path("/srv/held").read_text().split()) == ids | {"LATER1"}
    host.run(second)
    assert [p.name for p in host.path("/var/lib/mailban").rglob("*")] == \
        ["hold"]


def test_the_unit_stands_where_its_prefix_is(tmp_path):
    subprocess.run(["make", "-s", "install", f"DESTDIR={tmp_path}",
                    "PREFIX=/opt/m"], cwd=hosts.REPO, check=True, timeout=300)
    unit = tmp_path / "opt/m/lib/systemd/system/mailban.service"
    assert "ExecStart=/opt/m/sbin/mailband\n" in unit.read_text()
    assert "ExecReload=/opt/m/bin/mailban reload\n" in unit.read_text()
    assert (tmp_path / "opt/m/bin/mailban").is_file()
    assert (tmp_path / "opt/m/share/mailban/jail.conf").is_file()
    assert (tmp_path / "opt/m/share/mailban/filter.d/dovecot.conf").is_file()
    for name in ("mailban-metrics", "mailban-zabbix", "mailban-report"):
        unit = tmp_path / f"opt/m/lib/systemd/system/{name}.service"
        assert "ExecStart=/opt/m/bin/mailban " in unit.read_text()
    for name in ("zabbix-template.yaml", "grafana-dashboard.json"):
        assert (tmp_path / "opt/m/share/mailban" / name).is_file()
    asks = tmp_path / "opt/m/share/mailban/zabbix-userparameter.conf"
    assert ",/opt/m/bin/mailban zabbix" in asks.read_text()
    assert (tmp_path / "etc/mailban/mailban.conf").is_file()
    page = (tmp_path / "opt/m/share/man/man8/mailband.8").read_text()
    assert ".It Pa /opt/m/share/mailban/" in page
    example = "/opt/m/share/doc/mailban/examples/names.conf"
    assert example in page and (tmp_path / example[1:]).is_file()


def test_what_the_admin_wrote_stays(tmp_path):
    jails = tmp_path / "etc/mailban/jail.d/mailhost.conf"
    jails.parent.mkdir(parents=True)
    jails.write_text("[dovecot]\nenabled = false\n")
    subprocess.run(["make", "-s", "install", f"DESTDIR={tmp_path}"],
                   cwd=hosts.REPO, check=True, timeout=300)
    assert jails.read_text() == "[dovecot]\nenabled = false\n"
    assert (tmp_path / "etc/mailban/mailban.conf").is_file()


def test_user_and_directories(host, installed):
    host.run(["userdel", "mailban"])
    for kind in ("sysusers", "tmpfiles"):
        text = (installed / f"usr/lib/{kind}.d/mailban.conf").read_text()
        host.write(f"/etc/{kind}.d/mailban.conf", text)
    host.run(["systemd-sysusers"])
    groups = host.run(["id", "-nG", "mailban"]).stdout.split()
    assert sorted(groups) == ["adm", "mailban", "systemd-journal"]
    host.run(["systemd-tmpfiles", "--create", "/etc/tmpfiles.d/mailban.conf"])
    for folder in ("/run/mailban", "/var/lib/mailban"):
        said = host.run(["stat", "-c", "%U %G %a", folder]).stdout
        assert said == "mailban mailban 750\n"
