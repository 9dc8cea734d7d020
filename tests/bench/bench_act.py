#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""How long hopq takes to change many messages, beside the MTA's own command for many, in turn, each
on the same queue of a real daemon: wall time, processor time of all that was started, the ratio of
the pairs; and whether all was done that was chosen.

usage: bench_act.py HOPQ MTA [COUNT [ROUNDS [VERB…]]]     (root; MTA: postfix exim sendmail opensmtpd)
VERB may be "delete-unsaved"."""
import json
import os
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import e2e  # noqa: E402
import many  # noqa: E402

VERBS = ("hold", "release", "flush", "expire", "requeue", "delete", "delete-unsaved")


def timed(work):
    """(wall, processor) seconds."""
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    took, now = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def run_hopq(queue, verb, state):
    words = [verb.partition("-")[0], "--yes", *(["--no-save"] if "-" in verb else [])]
    done = subprocess.run(
        [e2e.program(), "--dns=off", "--dump=ndjson", "--filter", "from:" + many.SENDER, "--act",
         *words, queue.source],
        env=e2e.environment(HOPQ_STATE=state), capture_output=True, check=False)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    results = {o["id"]: o["result"] for o in objects if o["type"] == "action"}
    good = sum(result == "done" for result in results.values())
    wrong = [(o["id"], o["result"], o["detail"]) for o in objects
             if o["type"] == "action" and o["result"] != "done"]
    e2e.check(done.returncode == 0 and good == len(queue.ids) and queue.other not in results,
              verb, "exit", done.returncode, good, "done of", len(queue.ids), wrong[:3],
              objects[-1:], done.stderr[-500:])


def measure(queue, verb, rounds):
    plain = verb.partition("-")[0]
    pairs = []
    for number in range(rounds):
        works = [lambda: queue.run_own(plain),
                 lambda: run_hopq(queue, verb, os.path.join(queue.where, "state"))]
        times = []
        for work in works:
            queue.fill()
            if plain in queue.before:
                queue.run_own(queue.before[plain])
            times.append(timed(work))
        pairs.append(times)
        (wall, cpu), (own_wall, own_cpu) = times[1], times[0]
        print(f"{verb:16} {number + 1:2}  own {own_wall:7.2f} s  {own_cpu:7.2f} s cpu    "
              f"hopq {wall:7.2f} s  {cpu:7.2f} s cpu    ratio {wall / own_wall:5.2f} wall "
              f"{cpu / own_cpu:6.2f} cpu", flush=True)
    ratios = [pair[1][0] / pair[0][0] for pair in pairs]
    print(f"{verb:16} median ratio {statistics.median(ratios):.2f}", flush=True)


def main():
    name, rest = sys.argv[2], sys.argv[3:]
    queue = many.MTAS[name](e2e.folder())
    queue.make(int(rest[0]) if rest else 10000)
    rounds = int(rest[1]) if len(rest) > 1 else 3
    print(f"{name}: {len(queue.ids)} messages chosen of {len(queue.ids) + 1}", flush=True)
    for verb in rest[2:] or VERBS:
        if verb.partition("-")[0] in queue.own:
            measure(queue, verb, rounds)
    queue.stop()
    e2e.finish()


main()
