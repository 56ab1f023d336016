# SPDX-License-Identifier: GPL-2.0-or-later
"""share/zabbix-template.yaml is what a frontend of Zabbix 6.0 takes: the rules
of its importer (ui/include/classes/import/validators/C60XmlValidator.php and
the API behind it), as far as the file comes near them.
"""
import configparser
import re

import pytest
import yaml

import hosts
from zabbix import ITEMS, TEMPLATE

# What each object may have; True: must. All values are strings.
NAMED = {"name": True}
TAG = {"tag": True, "value": False}
TRIGGER = {"uuid": True, "expression": True, "name": True, "priority": True,
           "description": False}
ITEM = {"uuid": True, "name": True, "type": True, "key": True, "delay": True,
        "history": True, "units": False, "description": False,
        "valuemap": NAMED, "tags": [TAG], "triggers": [TRIGGER]}
MAPPING = {"value": True, "newvalue": True}
TEMPLATE_FORM = {
    "uuid": True, "template": True, "name": True, "description": False,
    "groups": [NAMED], "items": [ITEM],
    "macros": [{"macro": True, "value": True, "description": True}],
    "valuemaps": [{"uuid": True, "name": True, "mappings": [MAPPING]}]}
FORM = {"version": True, "date": True,
        "groups": [{"uuid": True, "name": True}], "templates": [TEMPLATE_FORM]}

# Functions of triggers, with what may stand behind the item.
FUNCTION = re.compile(r"(?:(last|change)\(/([^/]+)/([^,)]+)\)"
                      r"|(nodata)\(/([^/]+)/([^,)]+),\d+[smh]\)"
                      r"|(max|min)\(/([^/]+)/([^,)]+),#\d+\))")
SECONDS = {"s": 1, "m": 60, "h": 3600}


class Strings(yaml.SafeLoader):
    """Takes nothing for a date; a number is one, and so a fault."""


Strings.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers
            if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


@pytest.fixture(scope="module")
def export():
    whole = yaml.load(TEMPLATE, Loader=Strings)
    assert set(whole) == {"zabbix_export"}
    return whole["zabbix_export"]


@pytest.fixture(scope="module")
def template(export):
    one, = export["templates"]
    return one


def triggers(template):
    return [trigger for item in template["items"]
            for trigger in item.get("triggers", ())]


def faults(value, form, where=""):
    """What is not as the form has it."""
    if isinstance(form, list):
        if not isinstance(value, list) or not value:
            yield f"{where}: no list"
            return
        for n, one in enumerate(value):
            yield from faults(one, form[0], f"{where}[{n}]")
    elif isinstance(form, dict):
        if not isinstance(value, dict):
            yield f"{where}: no object"
            return
        for key in value.keys() - form.keys():
            yield f"{where}: unexpected {key}"
        for key, inner in form.items():
            if key in value:
                yield from faults(value[key], inner, f"{where}/{key}")
            elif inner is True:
                yield f"{where}: no {key}"
    elif not isinstance(value, str) or not value:
        yield f"{where}: no text"


def test_it_has_the_form(export):
    assert export["version"] == "6.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", export["date"])
    assert not list(faults(export, FORM))


@pytest.mark.parametrize("change", [
    lambda e: e["templates"][0]["items"][0].update(colour="red"),
    lambda e: e["templates"][0]["items"][0].pop("key"),
    lambda e: e["templates"][0]["items"][0].update(delay=0),
    lambda e: e["templates"][0].update(items=[])])
def test_the_form_is_looked_at(change):
    export = yaml.load(TEMPLATE, Loader=Strings)["zabbix_export"]
    change(export)
    assert list(faults(export, FORM))


def test_ids_are_of_its_own(export, template):
    """Each is a UUID of version 4, once. The group is one that Zabbix has."""
    uuids = re.findall(r"uuid: (.*)", TEMPLATE)
    assert len(set(uuids)) == len(uuids)
    for one in uuids:
        assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", one)
    # Another id under that name would be a group that exists already.
    assert export["groups"] == [{
        "uuid": "a571c0d144b14fd4a87a9d9b2aa9fcd6",
        "name": "Templates/Applications"}]
    assert template["groups"] == [{"name": "Templates/Applications"}]


def test_names_are_there_once(template):
    for names in ([i["key"] for i in template["items"]],
                  [i["name"] for i in template["items"]],
                  [t["name"] for t in triggers(template)],
                  [t["expression"] for t in triggers(template)],
                  [m["macro"] for m in template["macros"]]):
        assert len(set(names)) == len(names)
    assert [i["key"] for i in template["items"]] == ITEMS


def test_items(template):
    """Whole numbers that somebody sends, in base units."""
    maps = {m["name"]: m for m in template["valuemaps"]}
    for item in template["items"]:
        key = item["key"]
        assert item["type"] == "TRAP" and item["delay"] == "0", key
        assert re.fullmatch(r"(postfix|mailban)\[[a-z0-9_]+\]", key)
        # Unsigned is what is not said.
        assert "value_type" not in item
        assert re.fullmatch(r"[1-9]\d*d", item["history"])
        assert item.get("units") == ("B" if "[bytes_" in key else
                                     "s" if "uptime" in key else None), key
        assert ("[alarm_" in key) == ("valuemap" in item), key
        if "valuemap" in item:
            assert item["valuemap"]["name"] in maps
    states = maps["State of an alarm"]["mappings"]
    assert [m["value"] for m in states] == ["0", "1", "2"]


def test_triggers(template):
    macros = {m["macro"]: m["value"] for m in template["macros"]}
    assert all(re.fullmatch(r"{\$[A-Z0-9_.]+}", m) for m in macros)
    assert all(value.isdigit() for value in macros.values())
    used = set()
    for trigger in triggers(template):
        text = trigger["expression"]
        assert trigger["priority"] in ("INFO", "WARNING", "AVERAGE", "HIGH",
                                       "DISASTER")
        asked = list(FUNCTION.finditer(text))
        assert asked, text
        for found in asked:
            name, key = [g for g in found.groups() if g][1:]
            assert name == template["template"] and key in ITEMS, text
        # All that is left of it compares numbers and macros.
        rest = FUNCTION.sub("0", text)
        for macro in re.findall(r"{\$[^}]*}", rest + trigger["name"]):
            assert macro in macros, text
            used.add(macro)
        assert re.fullmatch(r"0(=|<|>|<=|>=|<>)\d+",
                            re.sub(r"{\$[^}]*}", "1", rest)), text
    assert used == set(macros)


def test_each_alarm_has_both(template):
    for item in template["items"]:
        if "[alarm_" not in item["key"]:
            continue
        assert [(t["expression"].rpartition("=")[2], t["priority"])
                for t in item["triggers"]] == [("1", "WARNING"), ("2", "HIGH")]


def test_silence_is_told(template):
    """Later than the timer sends, by some of its turns."""
    timer = configparser.ConfigParser()
    timer.read(hosts.REPO / "systemd" / "mailban-zabbix.timer")
    minutes = int(re.match(r"\*:0/(\d+)", timer["Timer"]["OnCalendar"])[1])
    silent = [t for t in triggers(template) if "nodata(" in t["expression"]]
    assert silent
    for trigger in silent:
        n, unit = re.search(r",(\d+)([smh])\)", trigger["expression"]).groups()
        assert int(n) * SECONDS[unit] >= 3 * minutes * 60
        # Of what is sent each time, not of periods that are over.
        assert "/mailban[" in trigger["expression"]
