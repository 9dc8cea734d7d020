#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What the mail log adds to the queue: a provider that takes less than arrives, the attempts of a
message, and the next attempt foretold and then seen.
usage: test_log.py HOPQ"""
import datetime
import gzip
import json
import os
import re
import time

import e2e
import postfix_rig
from e2e import check, same

NOW = datetime.datetime(2026, 11, 22, 5, 20, tzinfo=datetime.timezone.utc)
ACCEPTED, ARRIVING, DAYS = 49, 80, 6
FORWARDED = 68  # of ARRIVING, through one address
REPLY = ("host mx.bt.example[198.51.100.11] said: 421 Too many messages (1.5.6.1) from 203.0.113.7 "
         "(in reply to MAIL FROM command)")


def stamp(moment):
    return moment.strftime("%b %e %H:%M:%S")


def story():
    """Lines of Postfix over DAYS, oldest first: of ARRIVING a day ACCEPTED are taken, the others
    wait, are tried again every other hour, and are given up after five days. Then what waits."""
    lines, waiting = [], []
    begin = NOW.replace(minute=0) - datetime.timedelta(days=DAYS)
    first = begin - datetime.timedelta(hours=2)
    lines.append((first, "postfix/qmgr[7]", "000000: removed"))
    for i in range(DAYS * ARRIVING):
        came = begin + datetime.timedelta(seconds=i * 86400 // ARRIVING + 5)
        queue_id = f"4{i:08X}"
        through = "ann@ours.example" if i % ARRIVING < FORWARDED else f"u{i}@ours.example"
        taken = i % ARRIVING < ACCEPTED

        def line(moment, status, text, to=through):
            delay = int((moment - came).total_seconds())
            lines.append((moment, "postfix/smtp[81]",
                          f"{queue_id}: to=<ann@bt.example>, orig_to=<{to}>, "
                          f"relay=mx.bt.example[198.51.100.11]:25, delay={delay}, "
                          f"delays=0/0/1/0, dsn=4.0.0, status={status} ({text})"))

        line(came, "deferred", REPLY)
        if taken:
            after = came + datetime.timedelta(seconds=300)
            line(after, "sent", "250 2.0.0 Ok")
            lines.append((after, "postfix/qmgr[7]", f"{queue_id}: removed"))
            continue
        again = came + datetime.timedelta(hours=2)
        gone = came + datetime.timedelta(days=5)
        while again < min(gone, NOW):
            line(again, "deferred", REPLY)
            again += datetime.timedelta(hours=2)
        if gone < NOW:
            lines.append((gone, "postfix/qmgr[7]",
                          f"{queue_id}: from=<s@c.example>, status=expired, returned to sender"))
            lines.append((gone, "postfix/qmgr[7]", f"{queue_id}: removed"))
        else:
            waiting.append((queue_id, came, through))
    lines.sort(key=lambda entry: entry[0])
    return [f"{stamp(moment)} mx {program}: {text}\n" for moment, program, text in lines], waiting


def compact(thing):
    return json.dumps(thing, separators=(",", ":")) + "\n"


def snapshot_of(where, waiting):
    """The queue as a snapshot: what is asked here is not how Postfix stores it."""
    path = os.path.join(where, "queue.ndjson")
    with open(path, "w", encoding="ascii") as file:
        for queue_id, came, through in waiting:
            arrived = came.strftime("%Y-%m-%dT%H:%M:%SZ")
            expires = (came + datetime.timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
            file.write(compact({
                "type": "message", "schema": 1, "source": "postfix:/x", "mta": "postfix",
                "id": queue_id, "queue": "deferred", "arrived": arrived, "size": 1000,
                "sender": "s@c.example",
                "recipients": [{"address": "ann@bt.example", "original": through,
                                "state": "deferred", "attempts": 1, "expires": expires,
                                "reason": {"text": REPLY, "category": "throttled", "code": 421}}],
                "forwarded": {"is": True, "original": through, "evidence": []},
                "problems": []}))
        file.write(compact({"type": "summary", "schema": 1, "messages": len(waiting),
                               "taken": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), "notices": []}))
    return path


def never_drains(where):
    lines, waiting = story()
    log = os.path.join(where, "mail.log")
    half = len(lines) // 2
    with gzip.open(log + ".2.gz", "wt", encoding="ascii") as file:
        file.writelines(lines[:half])
    with open(log + ".1", "w", encoding="ascii") as file:
        file.writelines(lines[half:half + 100])
    with open(log, "w", encoding="ascii") as file:
        file.writelines(lines[half + 100:])
    queue = "snapshot:" + snapshot_of(where, waiting)
    clock = e2e.environment(HOPQ_NOW=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"))
    found = e2e.dump("--dns=off", "--log", log, "--full", queue, env=clock)
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
                             waiting[0][0], queue], env=clock)
    words = " ".join(text.decode().split())
    check("\nLog\n" in text.decode() and "deferred ann@bt.example by mx.bt.example" in words,
          "no log in the text of a message")
    off = e2e.dump("--dns=off", "--log=off", queue, env=clock)
    same("trend without the log", off.groups[0]["rates"], None)
    lost = e2e.dump("--dns=off", "--log", log + ".none", queue, env=clock)
    same("a log that is not there", lost.status, 2)


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
    time.sleep(9)  # some attempts more
    found = e2e.dump("--dns=off", "--full", "postfix:" + postfix.queue)
    same("log", found.summary["log"], postfix.log)
    with open(postfix.log, encoding="utf-8") as file:
        counted = re.findall(r"\]: (\w+): to=<[^>]*>.*status=deferred", file.read())
    plans = {}
    for message in found.messages:
        recipient = message["recipients"][0]
        # between the scan and the reading of the log one more may have been made
        check(0 <= counted.count(message["id"]) - recipient["attempts"] <= 1, message["id"],
              "attempts", recipient["attempts"], "counted", counted.count(message["id"]))
        check(recipient["attempts"] >= 2, message["id"], "was tried once in nine seconds")
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
    postfix_rig.need()
    live = os.path.join(where, "live")
    os.mkdir(live, 0o755)
    foretold(live)
    e2e.finish()


main()
