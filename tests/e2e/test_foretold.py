#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What hopq foretells of a message that was put off once — the next attempt, when its sender is told
that it is late, when it is lost — and then the daemon's own log, with times of a few seconds.
usage: test_foretold.py HOPQ [postfix|exim|sendmail|opensmtpd]; without a name all four at once"""
import datetime
import os
import re
import subprocess
import sys
import threading
import time

import e2e
import exim_rig
import opensmtpd_rig
import postfix_rig
import sendmail_rig
from e2e import check, same

CONTENT = b"Subject: late\n\nbody\n"
LATE = 3  # seconds that a machine with much to do may need for what is due


def seconds(text):
    return text and datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def syslog_time(line):
    """Local time without a year."""
    year = datetime.datetime.now().year
    return datetime.datetime.strptime(f"{year} {line[:15]}", "%Y %b %d %H:%M:%S").timestamp()


def exim_time(line):
    return datetime.datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").timestamp()


class Daemon:
    """patterns: of lines about a failed attempt, the warning and the end of message ID.
    back_off: seconds between two attempts at the most, runs: of the queue."""
    sender, domain = "ann@ours.test", "greylist.test"
    source = log = patterns = rig = None
    back_off = runs = 1
    heeds_notify = True
    at_runs = False  # warns with a run of the queue, whether it makes an attempt or not

    def moment(self, line):
        return syslog_time(line)

    def seen(self, name):
        """Three lists of times."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
        return [[self.moment(line) for line in lines if re.search(pattern.replace("ID", name), line)]
                for pattern in self.patterns]

    def send(self, name, *notify):
        self.rig.send(self.sender, [f"{name}@{self.domain}"], CONTENT, rcpt=notify)


class Postfix(Daemon):
    patterns = r" ID: to=.*=deferred", r" ID: sender delay notification", r" ID: from=.*=expired"
    back_off, runs = 6, 1

    def __init__(self, where):
        postfix_rig.need()
        self.rig = postfix_rig.Postfix(
            where, postfix_rig.sinks("greylist"), minimal_backoff_time="3s", queue_run_delay="1s",
            maximal_backoff_time="6s", transport_retry_time="1s", delay_warning_time="7s",
            maximal_queue_lifetime="14s")
        self.rig.start()
        self.source, self.log = "postfix:" + self.rig.queue, self.rig.log

    def send(self, name, *notify):
        notify = [part.lower() if part != "-N" else part for word in notify
                  for part in ("-N", word.partition("=")[2])]
        self.rig.submit(self.sender, [f"{name}@{self.domain}"], CONTENT, *notify)


class Exim(Daemon):
    patterns = r" ID == .*defer \(-44\)", r" <= <> R=ID ", r" ID \*\* "
    sender = "ann@accept.test"
    back_off, runs, at_runs = 4, 1, True  # for what a recipient was put off for

    def __init__(self, where):
        exim_rig.PACKAGE.need()
        self.rig = exim_rig.Exim(where, ["greylist", "accept"], retry="* * F,13s,4s",
                                 options="delay_warning = 6s")
        self.rig.start("-q1s")
        self.source, self.log = "exim:" + self.rig.spool, os.path.join(self.rig.log, "mainlog")

    def moment(self, line):
        return datetime.datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").timestamp()


class Sendmail(Daemon):
    patterns = r" ID: to=.*stat=Deferred: ", r" ID: \w+: .*: Warning", r" ID: \w+: .*: Cannot"
    sender = "ann@accept.test"
    back_off, runs = 2, 2

    def __init__(self, where):
        sendmail_rig.PACKAGE.need()
        self.rig = sendmail_rig.Sendmail(where, ["greylist", "accept"], runs="2s", options=(
            "Timeout.queuereturn=13s", "Timeout.queuewarn=6s"))
        self.rig.start()
        self.source, self.log = "sendmail:" + self.rig.queue, self.rig.log


class OpenSMTPD(Daemon):
    """Deliveries here are tried after 0, 10, 40 seconds; to other hosts after 0 and 400. It warns
    with the last attempt before the time, and whatever NOTIFY says."""
    patterns = r" mda delivery evpid=ID.*TempFail", r"smtp envelope .* from=<>", r" Expire for ID"
    domain = "here.test"
    back_off, runs, heeds_notify = 10, 1, False

    def __init__(self, where):
        opensmtpd_rig.PACKAGE.need()
        self.rig = opensmtpd_rig.OpenSMTPD(
            where, {}, options=["bounce warn-interval 15s", "queue ttl 17s"],
            actions='action "here" mda "exit 75" virtual { "@" = "nobody" }\n'
                    'match from any for domain "here.test" action "here"')
        self.source, self.log = "opensmtpd:" + opensmtpd_rig.SPOOL, self.rig.log + ".stamped"
        threading.Thread(target=self.stamp, daemon=True).start()
        self.rig.start()

    def stamp(self):
        """Its log has no times where it goes to standard error."""
        e2e.wait_for("a log", lambda: os.path.exists(self.rig.log))
        with open(self.rig.log, encoding="utf-8") as log, \
                open(self.log, "w", encoding="utf-8", buffering=1) as stamped:
            while True:
                line = log.readline()
                if line:
                    stamped.write(f"{time.time()} {line}")
                else:
                    time.sleep(0.05)

    def moment(self, line):
        return float(line.split()[0])

    def seen(self, name):
        return super().seen(name + "[0-9a-f]{8}")



DAEMONS = {"postfix": Postfix, "exim": Exim, "sendmail": Sendmail, "opensmtpd": OpenSMTPD}


class Look:
    """What hopq says of the messages of people: their one recipient by id, times as seconds."""

    def __init__(self, daemon):
        self.found = {}
        for message in e2e.dump("--dns=off", "--log=off", daemon.source).messages:
            if message["sender"] and message["recipients"]:
                recipient = self.found[message["id"]] = message["recipients"][0]
                for key in ("last_attempt", "next_attempt", "warning", "expires"):
                    recipient[key] = seconds(recipient[key])
        self.taken = time.time()


def watch(daemon):
    """All looks until both messages are lost; and the ids of the two."""
    looks, names = [], []
    for words in (("one",), ("two", "NOTIFY=FAILURE")):
        daemon.send(*words)
        e2e.wait_for("the message to be listed", lambda: looks.append(Look(daemon)) or
                     set(looks[-1].found) - set(names), 20)
        names += set(looks[-1].found) - set(names)
    e2e.wait_for("the messages to be lost", lambda: looks.append(Look(daemon)) or
                 not looks[-1].found, 50, pause=0.5)
    return looks, *names


def between(what, low, value, high):
    return check(low <= value <= high, f"{what}: {value:.1f} s late, at most {high} s are right")


def compare_attempts(daemon, name, told, attempts):
    """Whenever it was asked, the next attempt came when it was foretold."""
    count = 0
    for recipient in told:
        last, due = recipient["last_attempt"], recipient["next_attempt"]
        later = last and due and [time for time in attempts if time > last + 1.5]
        if later:
            count += 1
            between(f"{name} next attempt", -1.5, later[0] - due, daemon.runs + LATE)
    check(count > 2, name, "was asked for its next attempt", count, "times")


def compare_warning(daemon, name, looks, warned):
    """The nearer the surer: when the next attempt is the one that it goes with, to the second."""
    sure = 0
    check(len(warned) >= 1, name, "has never been warned about")
    for when in warned[:1]:
        for look in looks:
            recipient = look.found.get(name)
            if recipient and look.taken < when - 1:
                same(f"{name} before", recipient["warned"], "not-yet")
            if not recipient or recipient["warned"] != "not-yet" or not recipient["next_attempt"]:
                continue
            late = when - recipient["warning"]
            if daemon.at_runs or recipient["warning"] == recipient["next_attempt"]:
                sure += 1
                between(f"{name} warning", -1.5, late, daemon.runs + LATE)
            else:
                between(f"{name} warning from afar", -1.5 - daemon.back_off, late,
                        daemon.back_off + daemon.runs + LATE)
        check(sure, name, "warning: never near enough")
        after = [look.found[name]["warned"] for look in looks
                 if name in look.found and look.taken > when + 3]
        check("yes" in after, name, "after the warning:", after)


def compare(daemon):
    looks, loud, quiet = watch(daemon)
    for name in (loud, quiet):
        told = [look.found[name] for look in looks if name in look.found]
        attempts, warned, lost = daemon.seen(name)
        warned = [when for when in warned if when < lost[0]]  # what the end is told with looks alike
        compare_attempts(daemon, name, told, attempts)
        if name == loud or not daemon.heeds_notify:
            compare_warning(daemon, name, looks, warned)
        else:
            same("NOTIFY=FAILURE", {one["warned"] for one in told}, {"never"})
            same("warnings against NOTIFY=FAILURE", (warned, told[0]["warning"]), ([], None))
        check(len(lost) == 1, name, "was lost", len(lost), "times")
        for when in lost:
            between(f"{name} lost", -1.5, when - told[0]["expires"],
                    daemon.back_off + daemon.runs + LATE)
    e2e.say(f"{len(looks)} looks")


def all_at_once():
    """They mostly wait."""
    running = {name: subprocess.Popen([sys.executable, "-B", *sys.argv, name],
                                      stdout=subprocess.PIPE) for name in DAEMONS}
    results = []
    for name, process in running.items():
        out, _ = process.communicate()
        results.append(process.returncode)
        for line in out.decode(errors="replace").splitlines():
            print(f"{name}: {line}")
    sys.exit(1 if set(results) - {0, e2e.SKIPPED} else max(results))


def main():
    if len(sys.argv) < 3:
        all_at_once()
    os.environ["TZ"] = "UTC"
    time.tzset()
    compare(DAEMONS[sys.argv[2]](e2e.folder()))
    e2e.finish()


main()
