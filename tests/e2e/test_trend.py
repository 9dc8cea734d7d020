#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A Postfix whose queue drains for one destination, grows for another and stands still for a third:
what the screen makes of its first look and its next, and --dump of a snapshot and now; and what it
says when nothing can be reached at all.
usage: test_trend.py HOPQ"""
import os
import re
import subprocess
import time

import e2e
import postfix_rig
import sink
from e2e import check, same

GO, STAY = 40, 15  # recipients for the destination that drains


class Screen:
    """hopq in a terminal of its own."""

    def __init__(self, where, *arguments):
        self.socket = os.path.join(where, "tmux")
        self.tmux("new-session", "-d", "-x", "100", "-y", "30", "env", "LC_ALL=C.UTF-8", "TZ=UTC",
                  e2e.program(), "--dns=off", *arguments)
        e2e.cleanups.callback(self.tmux, "kill-server")

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments],
                              capture_output=True, check=False, timeout=20)
        return done.stdout.decode(errors="replace")

    def text(self):
        return self.tmux("capture-pane", "-p")

    def key(self, *keys):
        self.tmux("send-keys", *keys)

    def shows(self, *patterns):
        """Waits for rows that match all PATTERNS."""
        def look():
            text = self.text()
            return all(re.search(pattern, text) for pattern in patterns) and text
        end = time.monotonic() + 20
        while not look() and time.monotonic() < end:
            time.sleep(0.2)
        return check(look(), "the screen lacks one of", patterns, "\n" + self.text())


def moods(where):
    """Destinations that change their minds when they are told."""
    wayward = {"rcpt": lambda address: "451 4.7.1 try later"}
    routes = postfix_rig.sinks("greylist", "full")
    server = sink.Sink(wayward)
    e2e.cleanups.callback(server.stop)
    routes.append(f"drain.test smtp:[127.0.0.1]:{server.port}")
    postfix = postfix_rig.Postfix(where, routes)
    postfix.start()
    return postfix, wayward


def send(postfix, domain, locals_):
    for local in locals_:
        postfix.send("ann@corp.test", [f"{local}@{domain}.test"], b"Subject: trend\n\nbody\n")


def save(path, queue):
    status, out, err, _ = e2e.run([e2e.program(), "--dump=ndjson", "--dns=off", "--log=off", queue])
    check(status == 0, "snapshot:", status, err)
    with open(path, "wb") as file:
        file.write(out)


def trend_of(found, domain):
    return next(group["trend"] for group in found.groups if group["domain"] == domain)


def moves(where):
    postfix, wayward = moods(where)
    queue = "postfix:" + postfix.queue
    send(postfix, "drain", [f"go{i}" for i in range(GO)] + [f"stay{i}" for i in range(STAY)])
    send(postfix, "greylist", [f"first{i}" for i in range(5)])
    send(postfix, "full", [f"never{i}" for i in range(5)])
    e2e.wait_for("all to be put off", lambda: postfix.is_settled(GO + STAY + 10), 60)
    before = os.path.join(where, "before.ndjson")
    save(before, queue)
    screen = Screen(where, "--log=off", queue)
    screen.shows(f"deferred {GO + STAY + 10}", r"drain\.test +55")

    wayward["rcpt"] = (lambda address: "250 2.1.5 Ok" if address.startswith("go")
                       else "451 4.7.1 try later")
    postfix.command("postqueue", "-f")
    send(postfix, "greylist", [f"more{i}" for i in range(25)])
    e2e.wait_for("the queue to move", lambda: postfix.is_settled(STAY + 35)
                 and len(postfix.listing()) == STAY + 35, 60)
    found = e2e.dump("--dns=off", "--log=off", "--since", before, queue)
    check(found.status == 0, "exit status", found.status, found.err, found.problems())
    drains, grows = trend_of(found, "drain.test"), trend_of(found, "greylist.test")
    same("drains", drains["state"], "draining")
    same("nothing came", drains["arriving"], 0)
    check(drains["accepted"] > 0 and drains["empty_in"] is not None, drains)
    check(drains["text"].startswith("draining: empty in about "), drains["text"])
    same("grows", (grows["state"], grows["accepted"]), ("growing", 0))
    same("stands still for less than any wait", trend_of(found, "full.test")["state"], None)

    screen.key("R")
    screen.shows(r"greylist\.test +30 .* growing", r"drain\.test +15 .* draining", r"full\.test",
                 r"trend +growing: \d+ recipients arrived, 0 left")
    screen.key("j")
    screen.shows(r"trend +draining: empty in about \w+; 0 recipients arrived, \d+ left")
    screen.key("q")
    later = Screen(os.path.join(where, "etc"), "--log=off", "--since", before, queue)
    later.shows(r"drain\.test +15 .* draining") # at its first look
    later.key("q")
    e2e.say("a queue that drains and one that grows, in numbers and on the screen")


def no_way_out(where):
    """Fourteen destinations, and nothing listens anywhere."""
    port = e2e.free_port()
    os.mkdir(where, 0o755)
    postfix = postfix_rig.Postfix(where, [f"town{i}.test smtp:[127.0.0.1]:{port}"
                                          for i in range(14)])
    postfix.start()
    for i in range(14):
        send(postfix, f"town{i}", ["ann"])
    e2e.wait_for("all to be put off", lambda: postfix.is_settled(14), 60)
    queue = "postfix:" + postfix.queue
    wanted = "all 14 destinations fail at connect"
    found = e2e.dump("--dns=off", "--log=off", queue)
    check((found.summary["diagnosis"] or "").startswith(wanted), found.summary["diagnosis"])
    _, text, _, _ = e2e.run([e2e.program(), "--dump", "--dns=off", "--log=off", queue])
    check("It is here: " + wanted in text.decode(), text.decode()[:400])
    screen = Screen(where, "--log=off", queue)
    screen.shows("it is here +" + wanted, "it is this relay", "deferred 14")
    screen.key("b", "b")
    screen.shows("it is here +" + wanted, "ORIGIN", r"127\.0\.0\.1 +network +14")
    screen.key("q")


def main():
    postfix_rig.need()
    e2e.need("tmux")
    where = e2e.folder()
    moves(where)
    no_way_out(os.path.join(where, "towns"))
    e2e.finish()


main()
