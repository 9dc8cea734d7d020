#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The mail log in the systemd journal: the same story as from a file, and nothing but the mail
system's own entries.
usage: test_journal.py HOPQ"""
import os
import struct

import e2e
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


def main():
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
