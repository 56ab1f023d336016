# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Zabbix proxy in a host, to send to."""
import json
import re

import hosts

SHARE = hosts.REPO / "share"
TEMPLATE = (SHARE / "zabbix-template.yaml").read_text()
ITEMS = re.findall(r"^ +key: '(.*)'$", TEMPLATE, re.M)
AS_ZABBIX = ["setpriv", "--reuid=zabbix", "--regid=zabbix", "--init-groups"]


def run_folder(host):
    """For what Zabbix's programs make of pid files and sockets."""
    host.path("/run/zabbix").mkdir(exist_ok=True)
    host.run(["chown", "zabbix:", "/run/zabbix"])


class Proxy:
    """A real zabbix_proxy, which knows a host mx1 with the template's items;
    what it takes it keeps for a server that never asks for it."""
    DATABASE = "/run/zabbix/proxy.db"

    def __init__(self, host):
        self.host = host
        run_folder(host)
        host.write("/etc/zabbix/proxy.conf",
                   "ProxyMode=1\nServer=127.0.0.1\nHostname=proxy\n"
                   "ListenIP=127.0.0.1\nLogType=console\nSocketDir=/run/zabbix"
                   f"\nPidFile=/run/zabbix/proxy.pid\nDBName={self.DATABASE}\n"
                   "StartTrappers=1\nStartPollers=0\nTimeout=4\n")
        self.run("proxy #0 started").stop()
        rows = "".join(
            "INSERT INTO items(itemid,type,hostid,name,key_,value_type,status)"
            f" VALUES({i},2,1,'x','{key}',3,0);"
            f"INSERT INTO item_rtdata(itemid) VALUES({i});"
            for i, key in enumerate(ITEMS, 1))
        self.sql("INSERT INTO hosts(hostid,host,name,status) "
                 f"VALUES(1,'mx1','mx1',0);{rows}")
        self.process = self.run(r"\[trapper #1\]")

    def run(self, until):
        process = self.host.start([*AS_ZABBIX, "zabbix_proxy", "-f", "-c",
                                   "/etc/zabbix/proxy.conf"])
        process.wait_log(until)
        return process

    def sql(self, text):
        # The proxy locks it at times.
        return self.host.run([*AS_ZABBIX, "sqlite3", "-json", "-cmd",
                              ".timeout 20000", self.DATABASE],
                             input=text).stdout

    def took(self):
        """(key, clock, value) of each value."""
        rows = json.loads(self.sql(
            "SELECT key_, clock, value FROM proxy_history "
            "JOIN items USING (itemid);") or "[]")
        return sorted((r["key_"], r["clock"], r["value"]) for r in rows)
