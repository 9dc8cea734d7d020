# SPDX-License-Identifier: ISC
"""Random SPF checks by hopq and by pyspf, its known mistakes mended (corrected.py): they must agree in
every result and every explanation. usage: test_pyspf.py SPF_CASES
HOPQ_SPF_SEED and HOPQ_SPF_SCENARIOS choose others, and more."""
import collections
import json
import os
import subprocess

import corrected
import e2e
import pyspf
import scenarios
from e2e import check, same

SEED = os.environ.get("HOPQ_SPF_SEED", "1")
COUNT = int(os.environ.get("HOPQ_SPF_SCENARIOS", "1300"))
NOW = 1795305600  # what the macro "t" gives: 2026-11-22T00:00:00Z
RESULTS = ("pass", "fail", "softfail", "neutral", "none", "temperror", "permerror")
# RFC 7208 section 4.6.4: the record, ten terms with a question and ten addresses each, the
# explanation, a name of the client with ten addresses for the macro "p".
MOST_QUESTIONS = 1 + 10 * 11 + 1 + 11


def ask_hopq(chosen):
    lines = "".join(json.dumps(scenario) + "\n" for scenario in chosen)
    done = subprocess.run([e2e.program()], input=lines.encode(), stdout=subprocess.PIPE, check=True,
                          timeout=150, env=e2e.environment(HOPQ_NOW="2026-11-22T00:00:00Z"))
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask_pyspf(query_class, test):
    """(result, explanation)"""
    query = query_class(i=test["host"], s=test["mailfrom"], h=test["helo"], receiver="unknown")
    query.t = str(NOW)
    query.set_default_explanation("DEFAULT")
    result, _, explanation = query.check()
    return result, explanation if result == "fail" else None


def ours(found):
    explanation = found["explanation"] or "DEFAULT"
    return found["result"], explanation if found["result"] == "fail" else None


def main():
    spf = pyspf.Pyspf().module()
    mended = corrected.corrected(spf)
    chosen = [scenarios.Scenario(f"{SEED}-{number}").as_json() for number in range(COUNT)]
    results, plain = collections.Counter(), 0
    for number, (scenario, answers) in enumerate(zip(chosen, ask_hopq(chosen), strict=True)):
        spf.DNSLookup = lambda name, kind, *rest, zone=scenario["zone"]: \
            pyspf.lookup(spf, zone, name, kind)
        for test, found in zip(scenario["tests"], answers, strict=True):
            same(f"scenario {SEED}-{number}, {test}: {found}", ours(found), ask_pyspf(mended, test))
            check(found["asked"] <= MOST_QUESTIONS, f"scenario {SEED}-{number}, {test}: asked",
                  found["asked"], "questions")
            plain += ours(found) != ask_pyspf(spf.query, test)
            results[found["result"]] += 1
    total = sum(results.values())
    for result in RESULTS:
        check(results[result] > total / 50, "too few scenarios give", result)
    e2e.say(f"{total} checks, pyspf as it is decides {plain} otherwise;", dict(results))
    e2e.finish()


main()
