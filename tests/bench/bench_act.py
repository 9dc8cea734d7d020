#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""How long hopq takes to change many messages, beside the MTA's own command for many, in turn, each
on the same queue of a real daemon, until nothing of it goes on in the background: wall time,
processor time of all that was started, the ratio of the pairs; and whether all was done that was
chosen. A delete saves first, which no MTA's command does: to its time is added what making so
many files of that size costs without more.

usage: bench_act.py HOPQ MTA [COUNT [ROUNDS [VERB…]]]     (root; MTA: postfix exim sendmail opensmtpd)
VERB may be "delete-unsaved"."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import e2e  # noqa: E402
import many  # noqa: E402

VERBS = ("hold", "release", "flush", "expire", "requeue", "delete", "delete-unsaved")


def timed(work):
    """(wall, processor) seconds, with what it started."""
    began, used = time.monotonic(), sum(os.times()[:4])
    work()
    return time.monotonic() - began, sum(os.times()[:4]) - used


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


def make_files(folder, names):
    """What saving is made of: a file a message, and one wait for the disk."""
    os.makedirs(folder)
    for name in names:
        with open(os.path.join(folder, name), "xb", buffering=0) as file:
            file.write(many.CONTENT)
    os.sync()


def works_of(queue, verb):
    """Name to what is measured under it."""
    plain = verb.partition("-")[0]
    works = {"own": lambda: queue.run_own(plain)}
    if verb == "delete":
        works["files"] = lambda: make_files(tempfile.mkdtemp(dir=queue.where) + "/new", queue.ids)
    works["hopq"] = lambda: run_hopq(queue, verb, os.path.join(queue.where, "state"))
    return works


def forget_deleted():
    """ext4 passes over inodes that were deleted in the last minutes, one by one for each file that is
    made, where it has not written them out (ialloc.c, recently_deleted()). A queue that was emptied
    just before would be measured by that."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as drop:
        drop.write("1\n")


def measure_one(queue, plain, work):
    queue.fill(forget_deleted)
    os.sync()  # what was copied is no part of what is measured
    if plain in queue.before:
        queue.run_own(queue.before[plain])
        queue.wait_for_runs()
    return timed(lambda: (work(), queue.wait_for_runs()))


def measure(queue, verb, rounds):
    ratios = []
    for number in range(rounds):
        times = {name: measure_one(queue, verb.partition("-")[0], work)
                 for name, work in works_of(queue, verb).items()}
        others = sum(times[name][0] for name in times if name != "hopq")
        ratios.append(times["hopq"][0] / others)
        print(f"{verb:14} {number + 1:2}",
              *(f"  {name} {wall:6.2f} s {cpu:6.2f} s cpu" for name, (wall, cpu) in times.items()),
              f"  ratio {ratios[-1]:5.2f}", flush=True)
    print(f"{verb:14} median ratio {statistics.median(ratios):.2f}", flush=True)


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
