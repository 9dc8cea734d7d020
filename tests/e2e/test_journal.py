#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The mail log in the systemd journal: the same story as from a file, and nothing but the mail
system's own entries.
usage: test_journal.py HOPQ [live]"""
import os
import struct
import sys

import e2e
import package_rig
import postfix_rig
from e2e import check, same
from log_story import ACCEPTED, ARRIVING, clock, snapshot_of, story

WRITER = "/lib/systemd/systemd-journal-remote"
MAIL, AUTH = 2, 10  # facilities: syslog(3)


def entry(moment, facility, program, text):
    """In the Journal Export Format; text with line ends has its length before it."""
    name, _, pid = program.rstrip("]").partition("[")
    micro = int(moment.timestamp() * 1e6)
    fields = [f"__REALTIME_TIMESTAMP={micro}", f"__MONOTONIC_TIMESTAMP={micro % 10**12}",
              "_BOOT_ID=00112233445566778899aabbccddeeff", "_HOSTNAME=mx", f"_PID={pid}",
              "PRIORITY=6", f"SYSLOG_FACILITY={facility}", f"SYSLOG_IDENTIFIER={name}",
              f"SYSLOG_PID={pid}"]
    head = "\n".join(fields).encode() + b"\n"
    message = text.encode()
    if b"\n" in message:
        return head + b"MESSAGE\n" + struct.pack("<Q", len(message)) + message + b"\n\n"
    return head + b"MESSAGE=" + message + b"\n\n"


def write(folder, entries):
    export = os.path.join(os.path.dirname(folder), "export")
    with open(export, "wb") as file:
        file.writelines(entries)
    os.mkdir(folder)
    status, _, err, _ = e2e.run([WRITER, "-o", os.path.join(folder, "mail.journal"), export])
    check(status == 0, "systemd-journal-remote:", status, err)


def live():
    """A Postfix that logs into the journal of a running systemd-journald, and hopq as root."""
    postfix_rig.need()
    e2e.need("journalctl")
    if not os.path.exists("/lib/systemd/systemd-journald"):
        e2e.skip("not installed: systemd")
    package_rig.go_inside()
    journald = package_rig.journal()
    where = e2e.folder()
    postfix = postfix_rig.Postfix(where, postfix_rig.sinks("greylist"), maillog_file="")
    postfix.start()
    for i in range(3):
        postfix.send("ann@corp.test", [f"user{i}@greylist.test"], b"Subject: later\n\nbody\n")
    e2e.wait_for("deferrals", lambda: postfix.is_settled(3), 30)
    queue = "postfix:" + postfix.queue

    def look(*more):
        found = e2e.dump("--dns=off", "--full", *more)
        check(found.status == 0, "exit status", found.status, found.err, found.problems())
        return found

    def is_whole():
        """journald writes down in its own time."""
        if journald.poll() is not None:
            e2e.skip("systemd-journald does not run here")
        return all(message["history"] for message in look("--log=journal", queue).messages)

    e2e.wait_for("the journal to have it", is_whole, 20)
    # it becomes the machine's own, and there are no files: the journal is what is left
    package_rig.overlay("/etc/postfix", postfix.config, "/etc/postfix")
    for more in (["--log=journal", queue], [queue], []):
        found = look(*more)
        same("log", found.summary["log"], "journal")
        rates = found.groups[0]["rates"]["window"]
        same("rates", (rates["arrived"], rates["deferred"], rates["sent"]), (3, 3, 0))
        for message in found.messages:
            same("attempts", message["recipients"][0]["attempts"], 1)
            entry = [one for one in message["history"] if one["result"] == "deferred"]
            check(len(entry) == 1 and "Greylisted" in entry[0]["text"], message["history"])
    e2e.finish()


def main():
    if "live" in sys.argv:
        live()
    if not os.path.exists(WRITER):
        e2e.skip("not installed: systemd-journal-remote")
    e2e.need("journalctl")
    where = e2e.folder()
    lines, waiting = story()
    victim, came, _ = waiting[0]
    entries = []
    for moment, program, text in lines:
        entries.append(entry(moment, MAIL, program, text))
        if text.startswith(victim):  # what is no entry of a mail system must not count
            entries.append(entry(moment, AUTH, program, text))
            entries.append(entry(moment, MAIL, "postfix/smtpd[9]", "warning: a client said:\n"
                                 f"{moment.timestamp():.6f} mx {program}: {text}"))
    journal = os.path.join(where, "journal")
    write(journal, entries)
    queue = "snapshot:" + snapshot_of(os.path.join(where, "queue.ndjson"), waiting)
    found = e2e.dump("--dns=off", "--log", journal, "--full", queue,
                     env=e2e.environment(HOPQ_NOW=clock()))
    check(found.status == 0, "exit status", found.status, found.err, found.problems())
    same("log", found.summary["log"], journal)
    trend = found.groups[0]["trend"]
    same("trend", (trend["state"], trend["accepted"], trend["arriving"]),
         ("never-drains", ACCEPTED, ARRIVING))
    message = found.by_id()[victim]
    tries = sum(text.startswith(victim) for _, _, text in lines)
    same("attempts", message["recipients"][0]["attempts"], tries)
    same("history", len(message["history"]), tries)
    same("first attempt", message["history"][0]["time"], came.strftime("%Y-%m-%dT%H:%M:%SZ"))

    os.mkdir(os.path.join(where, "empty"))
    none = e2e.dump("--dns=off", "--log", os.path.join(where, "empty"), queue,
                    env=e2e.environment(HOPQ_NOW=clock()))
    same("an empty journal", (none.status, none.groups[0]["rates"]), (0, None))
    e2e.finish()


main()
