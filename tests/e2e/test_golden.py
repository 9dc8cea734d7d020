# SPDX-License-Identifier: ISC
"""What hopq and the harness print for the inputs of tests/golden, byte for byte, whatever the time
zone and the language; and the same again from a snapshot of it. A case is a folder with
  case.json    {"source": "postfix|maildir|mbox|eml|...", "options": [...], "now": "..."}
  queue.txt, queue/, maildir/, box, snapshot.ndjson or message.eml
               the input; the first is built by postfix_files.py
  zone.txt     what the DNS says; without it the DNS is off
  expected.ndjson, expected.txt
usage: test_golden.py HOPQ HARNESS FOLDER [--update]"""
import contextlib
import json
import os
import re
import shutil
import sys

import e2e
import postfix_files
import zone_server
from e2e import check

PLACES = {"postfix": "queue", "maildir": "maildir", "eml": "message.eml", "mbox": "box",
          "snapshot": "snapshot.ndjson", "sendmail": "mqueue", "nullmailer": "nullmailer", "qmail": "queue",
          "opensmtpd": "spool", "exim": "exim"}
# Empty ones are not kept in a repository.
FOLDERS = {"maildir": "new cur tmp", "nullmailer": "queue failed tmp",
           "qmail": "mess info local remote bounce todo intd pid lock",
           "opensmtpd": "queue incoming offline temporary purge"}
SETTINGS = [{"TZ": zone, "LC_ALL": language} for zone in ("UTC", "America/St_Johns")
            for language in ("C", "C.UTF-8")]
HARNESS_KNOWS = ("--full", "--our", "--egress")


def prepare(case, source, now):
    """Copies the input to a folder of its own, where names and times are always the same."""
    where = e2e.folder()
    place = os.path.join(where, PLACES[source])
    if source == "postfix":
        postfix_files.build(os.path.join(case, "queue.txt"), place)
        return where
    origin = os.path.join(case, PLACES[source])
    if os.path.isdir(origin):
        shutil.copytree(origin, place)
    else:
        shutil.copy(origin, place)
    for folder in FOLDERS.get(source, "").split():
        os.makedirs(os.path.join(place, folder), exist_ok=True)
    for path, _, names in os.walk(where):
        for name in names:
            os.utime(os.path.join(path, name), (now, now))
    return where


def without_time(out):
    return re.sub(rb'("took":)(null|[0-9.]+)', rb"\1null", out)


def run_both(case, told, where, dns, expect):
    """Every way to the same text."""
    source = f"{told['source']}:{PLACES[told['source']]}"
    zone = os.path.join(case, "zone.txt")
    harness = [sys.argv[2], *(["--zone", zone] if dns != "off" else [])]
    harness += [o for o in told["options"] if o.split("=")[0] in HARNESS_KNOWS]
    hopq = [e2e.program(), f"--dns={dns}", *told["options"]]
    for setting in SETTINGS:
        env = e2e.environment(HOPQ_NOW=told["now"], **setting)
        for argv in ([*hopq, "--dump=ndjson", source], [*harness, source]):
            status, out, err, _ = e2e.run(argv, cwd=where, env=env)
            name = os.path.basename(argv[0])
            check(status in ((0, 2) if name == "hopq" else (0,)), case, name, status, err)
            expect("expected.ndjson", without_time(out), f"{name} {setting}")
    for setting in SETTINGS:
        env = e2e.environment(HOPQ_NOW=told["now"], **setting)
        out = e2e.run([*hopq, "--dump=text", source], cwd=where, env=env)[1]
        expect("expected.txt", out, f"text {setting}")
    full = [option for option in told["options"] if option == "--full"]
    for form in ("ndjson", "json"):
        out = e2e.run([*hopq, f"--dump={form}", source], cwd=where, env=env)[1]
        with open(os.path.join(where, "again"), "wb") as file:
            file.write(out)
        argv = [e2e.program(), "--dns=off", *full, "--dump=ndjson", "snapshot:again"]
        # the clock stands at the moment it was taken
        out = e2e.run(argv, cwd=where, env=e2e.environment(TZ="UTC", LC_ALL="C.UTF-8"))[1]
        expect("expected.ndjson", without_time(out), f"snapshot of {form}")


def first_difference(wanted, got):
    pairs = zip(wanted.split(b"\n"), got.split(b"\n"))
    for number, (a, b) in enumerate(pairs, 1):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            start = max(at - 60, 0)
            return f"line {number}: {a[start:at + 80]!r} is now {b[start:at + 80]!r}"
    return f"{len(wanted)} bytes are now {len(got)}"


def run_case(case, update):
    with open(os.path.join(case, "case.json"), encoding="utf-8") as file:
        told = json.load(file)
    written = {}

    def expect(name, out, way):
        path = os.path.join(case, name)
        if update and name not in written:
            written[name] = out
            with open(path, "wb") as file:
                file.write(out)
        with open(path, "rb") as file:
            wanted = file.read()
        check(out == wanted, os.path.basename(case), name, way, first_difference(wanted, out))

    where = prepare(case, told["source"], postfix_files.instant(told["now"]) - 3600)
    zone = os.path.join(case, "zone.txt")
    server = zone_server.serve(zone) if os.path.exists(zone) else contextlib.nullcontext("off")
    with server as dns:
        run_both(case, told, where, dns, expect)


def main():
    folder = sys.argv[3]
    cases = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    check(cases, "no cases in", folder)
    for case in cases:
        run_case(case, "--update" in sys.argv[4:])
    e2e.say(f"{len(cases)} cases")
    e2e.finish()


main()
