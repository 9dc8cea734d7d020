#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What the mail log adds to the queue: a provider that takes less than arrives, the attempts of a
message, and the next attempt foretold and then seen.
usage: test_log.py HOPQ"""
import collections
import datetime
import gzip
import os
import re

import e2e
import postfix_rig
from e2e import check, same
from log_story import ACCEPTED, ARRIVING, NOW, REPLY, clock, snapshot_of, story, syslog

def never_drains(where):
    entries, waiting = story()
    lines = syslog(entries)
    log = os.path.join(where, "mail.log")
    half = len(lines) // 2
    with gzip.open(log + ".2.gz", "wt", encoding="ascii") as file:
        file.writelines(lines[:half])
    with open(log + ".1", "w", encoding="ascii") as file:
        file.writelines(lines[half:half + 100])
    with open(log, "w", encoding="ascii") as file:
        file.writelines(lines[half + 100:])
    queue = "snapshot:" + snapshot_of(os.path.join(where, "queue.ndjson"), waiting)
    pinned = e2e.environment(HOPQ_NOW=clock())
    found = e2e.dump("--dns=off", "--log", log, "--full", queue, env=pinned)
    check(found.status == 0, "exit status", found.status, found.err, found.problems())
    group = found.groups[0]
    trend = group["trend"]
    same("state", trend["state"], "never-drains")
    same("accepted a day", trend["accepted"], ACCEPTED)
    same("arriving a day", trend["arriving"], ARRIVING)
    same("lost a day", trend["lost"], ARRIVING - ACCEPTED)
    same("backlog", trend["backlog"], 5 * (ARRIVING - ACCEPTED))
    check("ann@ours.example" in trend["text"] and "never drains" in trend["text"], trend["text"])
    same("through", group["through"], "ann@ours.example")
    same("log", found.summary["log"], log)
    check(group["rates"]["window"]["expired"] > 0, "nothing expired", group["rates"])

    by_id = found.by_id()
    for queue_id, came, _ in waiting:
        tries = 1 + int((NOW - came).total_seconds() - 1) // 7200
        message = by_id[queue_id]
        same(queue_id + " attempts", message["recipients"][0]["attempts"], tries)
        same(queue_id + " history", len(message["history"]), tries)
    entry = by_id[waiting[0][0]]["history"][0]
    same("first attempt", (entry["result"], entry["relay"], entry["text"]),
         ("deferred", "mx.bt.example[198.51.100.11]:25", REPLY))

    _, text, _, _ = e2e.run([e2e.program(), "--dump", "--dns=off", "--log", log, "--message",
                             waiting[0][0], queue], env=pinned)
    words = " ".join(text.decode().split())
    check("\nLog\n" in text.decode() and "deferred ann@bt.example by mx.bt.example" in words,
          "no log in the text of a message")
    off = e2e.dump("--dns=off", "--log=off", queue, env=pinned)
    same("trend without the log", off.groups[0]["rates"], None)
    lost = e2e.dump("--dns=off", "--log", log + ".none", queue, env=pinned)
    same("a log that is not there", lost.status, 2)


def between_two_looks(where):
    """Trends from an earlier snapshot, without any log: by who has come and who has gone."""
    hour = datetime.timedelta(hours=1)

    def look(name, taken, numbers):
        waiting = [(f"4{i:08X}", NOW - datetime.timedelta(minutes=6000 - i), f"u{i}@ours.example")
                   for i in numbers]
        return snapshot_of(os.path.join(where, name), waiting, taken)

    def trend(before, after, *arguments):
        old = look("old.ndjson", NOW - 2 * hour, before)
        new = look("new.ndjson", NOW, after)
        found = e2e.dump("--dns=off", "--log=off", "--since", old, *arguments, "snapshot:" + new,
                         env=e2e.environment(HOPQ_NOW=clock()))
        check(found.status == 0, "exit status", found.status, found.err)
        return found.groups[0]["trend"]

    came = range(5900, 5950)  # minutes ago: 100 to 50
    drains = trend(range(100), range(40, 100))
    same("40 of 100 have gone", (drains["state"], drains["arriving"], drains["accepted"]),
         ("draining", 0, 480))
    same("empty in", drains["empty_in"], 3 * 3600)
    check("480 a day leave (sent or given up)" in drains["text"], drains["text"])
    grows = trend(range(20), [*range(5, 20), *came])
    same("15 more than go", (grows["state"], grows["arriving"], grows["accepted"]),
         ("growing", 600, 60))
    same("as many as go", trend(range(60), [*range(48, 60), *came])["state"], "steady")
    stuck = trend(range(20), range(20))
    same("nothing goes", stuck["state"], "stuck")
    check("nothing left for 2h00m" in stuck["text"], stuck["text"])
    # a filter hides half of what is there: that has not gone
    same("filtered", trend(range(20), range(20), "-f", "id:/^40000000/")["state"],
         "stuck")
    found = e2e.dump("--dns=off", "--log=off", "--since", os.path.join(where, "none"),
                     "snapshot:" + os.path.join(where, "new.ndjson"))
    same("a snapshot that is not there", found.status, 66)


def deferrals(postfix):
    """The queue id of each attempt that failed, as Postfix tells it."""
    with open(postfix.log, encoding="utf-8") as file:
        return re.findall(r"\]: (\w+): to=<[^>]*>.*status=deferred", file.read())


def foretold(where):
    """A live Postfix: when hopq says that it tries again, it does."""
    routes = postfix_rig.sinks("greylist")
    postfix = postfix_rig.Postfix(where, routes, minimal_backoff_time="4s",
                                  maximal_backoff_time="8s", queue_run_delay="2s",
                                  transport_retry_time="1s")
    postfix.start()
    for i in range(5):
        postfix.send("ann@corp.test", [f"user{i}@greylist.test"], b"Subject: later\n\nbody\n")
    e2e.wait_for("deferrals", lambda: postfix.is_settled(5), 20)
    e2e.wait_for("a second attempt at each",
                 lambda: min(collections.Counter(deferrals(postfix)).values()) >= 2, 60)
    found = e2e.dump("--dns=off", "--full", "postfix:" + postfix.queue)
    same("log", found.summary["log"], postfix.log)
    counted = deferrals(postfix)
    plans = {}
    for message in found.messages:
        recipient = message["recipients"][0]
        # between the scan and the reading of the log one more may have been made
        check(0 <= counted.count(message["id"]) - recipient["attempts"] <= 1, message["id"],
              "attempts", recipient["attempts"], "counted", counted.count(message["id"]))
        check(recipient["attempts"] >= 2, message["id"], "was tried", recipient["attempts"])
        if message["queue"] == "deferred" and recipient["next_attempt"]:
            plans[message["id"]] = (datetime.datetime.fromisoformat(
                recipient["next_attempt"].replace("Z", "+00:00")).timestamp(),
                                    recipient["attempts"])
    check(plans, "no message had a next attempt")

    def seen():
        """When each was tried next."""
        with open(postfix.log, encoding="utf-8") as file:
            tries = [line for line in file if "status=deferred" in line]
        times = {name: [moment(line) for line in tries if f" {name}: " in line] for name in plans}
        return all(len(times[name]) > plans[name][1] for name in plans) and times

    times = e2e.wait_for("the next attempts", seen, 20)
    for name, (due, count) in plans.items():
        # stamps are whole seconds; a run of the queue every two; a moment for the delivery
        check(-1.5 <= times[name][count] - due <= 2 + 2.5, name, "foretold", due, "tried",
              times[name][count])
    e2e.say(f"{len(plans)} attempts came when they were foretold")


def moment(line):
    """Of Postfix's own log: local time without a year."""
    year = datetime.datetime.now().year
    return datetime.datetime.strptime(f"{year} {line[:15]}", "%Y %b %d %H:%M:%S").timestamp()


def main():
    where = e2e.folder()
    never_drains(where)
    between_two_looks(where)
    postfix_rig.need()
    live = os.path.join(where, "live")
    os.mkdir(live, 0o755)
    foretold(live)
    e2e.finish()


main()
