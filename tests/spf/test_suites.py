# SPDX-License-Identifier: ISC
"""The official test suites for SPF: of RFC 7208, and of RFC 4408 before it, as python3-spf brings
them. usage: test_suites.py SPF_CASES"""
import importlib
import json
import subprocess

import e2e
import pyspf
from e2e import check, same

# Cases, and those with an explanation. Where RFC 7208 decides otherwise than RFC 4408, the older
# suite accepts both.
SIZES = {"rfc7208": (203, 22), "rfc4408": (191, 22)}


def read_record(record):
    """"TIMEOUT", or a type and its value, as the suites write records."""
    if record == "TIMEOUT":
        return {"type": "*", "timeout": True}
    (kind, value), = record.items()
    if value == "TIMEOUT":
        return {"type": kind, "timeout": True}
    if kind in ("TXT", "SPF"):
        return {"type": kind, "strings": [value] if isinstance(value, str) else value}
    if kind == "MX":
        return {"type": kind, "pref": value[0], "value": value[1]}
    return {"type": kind, "value": value}


def read_name(records):
    """Records of type SPF stand for TXT where there are none, as the suites want of those who ask
    for TXT alone. "NONE" says that there shall be no such record."""
    found = [read_record(record) for record in records]
    if not any(r["type"] == "TXT" for r in found):
        found += [{**r, "type": "TXT"} for r in found if r["type"] == "SPF"]
    return [r for r in found if r.get("strings") != ["NONE"]]


def read_suite(text):
    yaml = importlib.import_module("yaml")
    for part in yaml.safe_load_all(text):
        yield {"zone": {owner.lower(): read_name(records)
                        for owner, records in part["zonedata"].items()},
               "tests": [{**test, "id": name} for name, test in part["tests"].items()]}


def run(scenarios):
    lines = "".join(json.dumps(scenario) + "\n" for scenario in scenarios)
    done = subprocess.run([e2e.program()], input=lines.encode(), stdout=subprocess.PIPE,
                          check=True, timeout=120)
    return [found for line in done.stdout.splitlines() for found in json.loads(line)]


def judge(suite, test, found):
    wanted = test["result"] if isinstance(test["result"], list) else [test["result"]]
    check(found["result"] in wanted, suite, test["id"], "gives", found, "wanted", wanted)
    if "explanation" in test:
        same(f"{suite} {test['id']} explanation", found["explanation"] or "DEFAULT",
             test["explanation"])


def main():
    source = pyspf.Pyspf("yaml")
    for suite, size in SIZES.items():
        scenarios = list(read_suite(source.suite(suite)))
        tests = [test for scenario in scenarios for test in scenario["tests"]]
        results = run(scenarios)
        same(f"{suite} size", (len(tests), sum("explanation" in test for test in tests)), size)
        same(f"{suite} results", len(results), len(tests))
        for test, found in zip(tests, results):
            judge(suite, test, found)
        e2e.say(f"{suite}: {len(tests)} cases, the most questions of one",
                max(found["asked"] for found in results))
    e2e.finish()


main()
