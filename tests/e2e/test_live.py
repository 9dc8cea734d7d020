# SPDX-License-Identifier: ISC
"""hopq while Postfix takes in, delivers and retries: nothing invented, nothing lost.
usage: test_live.py HOPQ"""
import threading

import e2e
import postfix_rig
from e2e import check
from traffic import Traffic, rounds

MESSAGES = 150


def one_round(postfix, number):
    before = set(postfix.listing())
    during = set()
    over = threading.Event()

    def watch():
        while not over.is_set():
            during.update(postfix.listing())

    watcher = threading.Thread(target=watch)
    watcher.start()
    found = e2e.dump("--dns=off", "postfix:" + postfix.queue)
    over.set()
    watcher.join()
    after = set(postfix.listing())
    ids = set(found.by_id())
    check(found.status == 0 or (found.status == 2 and (found.problems() or found.notices)),
          "round", number, "exit status", found.status, found.err)
    phantoms = ids - before - during - after
    if phantoms:  # some live for less than a listing takes
        phantoms -= postfix.ids_ever()
    check(not phantoms, "round", number, "invented:", sorted(phantoms))
    missing = (before & after) - ids
    check(not missing, "round", number, "lost:", sorted(missing), "of", len(before & after))
    return len(ids), len(before ^ after), found


def main():
    postfix_rig.need()
    where = e2e.folder()
    routes = postfix_rig.sinks("greylist", "full", "lost", "throttle", "accept")
    postfix = postfix_rig.Postfix(where, routes, minimal_backoff_time="1s",
                                  maximal_backoff_time="2s", queue_run_delay="1s",
                                  transport_retry_time="1s")
    postfix.start()
    for i in range(MESSAGES):
        way = ("greylist", "full", "lost")[i % 3]
        postfix.send("ann@corp.test", [f"user{i}@{way}.test"], b"Subject: at first\n\nbody\n")
    traffic = Traffic(lambda to: postfix.send("ann@corp.test", to, b"Subject: on\n\nbody\n"),
                      lambda: postfix.command("postqueue", "-f"))
    done = [one_round(postfix, number) for number in rounds()]
    traffic.stop()
    e2e.say(f"{len(done)} rounds, {min(r[0] for r in done)} to {max(r[0] for r in done)} messages,"
            f" {sum(r[1] for r in done)} came or went meanwhile,"
            f" {sum(len(r[2].problems()) for r in done)} problems")
    check(sum(r[1] for r in done) > len(done), "the queue hardly moved")
    e2e.finish()


main()
