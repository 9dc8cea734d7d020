# SPDX-License-Identifier: ISC
"""SPF through a real name server, one that is dead and one that is silent.
usage: test_spf.py HOPQ"""
import json
import os
import socket

import e2e
import nsd_rig
from e2e import check, same

GOOD = "203.0.114.7"  # public, as mail from the networks for tests is not checked
BAD = "203.0.114.8"

ZONE = """
pass TXT "v=spf1 ip4:203.0.114.7 -all"
fail TXT "v=spf1 ip4:203.0.114.9 -all"
soft TXT "v=spf1 ip4:203.0.114.9 ~all"
neutral TXT "v=spf1 ?all"
nothing TXT "no record of that kind"
nothing A 203.0.114.1
twice TXT "v=spf1 -all"
twice TXT "v=spf1 +all"
syntax TXT "v=spf1 ip5:1.2.3.4 -all"
a TXT "v=spf1 a -all"
a A 203.0.114.7
mx TXT "v=spf1 mx -all"
mx MX 10 host.mx
host.mx A 203.0.114.7
chain TXT "v=spf1 include:chain1.spf.test -all"
chain1 TXT "v=spf1 include:chain2.spf.test -all"
chain2 TXT "v=spf1 ip4:203.0.114.0/29 -all"
moved TXT "v=spf1 redirect=pass.spf.test"
broken TXT "v=spf1 include:nowhere.spf.test -all"
loop TXT "v=spf1 include:loop.spf.test -all"
many TXT "v=spf1 a:h1.spf.test a:h2.spf.test a:h3.spf.test a:h4.spf.test a:h5.spf.test a:h6.spf.test a:h7.spf.test a:h8.spf.test a:h9.spf.test a:h10.spf.test a:h11.spf.test -all"
void TXT "v=spf1 a:v1.spf.test a:v2.spf.test a:v3.spf.test a:v4.spf.test -all"
explained TXT "v=spf1 -all exp=why.spf.test"
why TXT "%{i} is not one of the hosts of %{d}"
macro TXT "v=spf1 exists:%{ir}.list.spf.test -all"
7.114.0.203.list A 127.0.0.2
long TXT "v=spf1 ip4:203.0.115.1 ip4:203.0.115.2 ip4:203.0.115.3 ip4:203.0.115.4 ip4:203.0.115.5 " "ip4:203.0.115.6 ip4:203.0.114.7 -all"
alias CNAME pass
helo TXT "v=spf1 ip4:203.0.114.7 -all"
""" + "".join(f"h{i} A 203.0.114.1\n" for i in range(1, 12))

# domain, address, result, the term that decided (None: not asked)
CASES = (
    ("pass", GOOD, "pass", "ip4:203.0.114.7"),
    ("pass", BAD, "fail", "-all"),
    ("fail", GOOD, "fail", "-all"),
    ("soft", GOOD, "softfail", "~all"),
    ("neutral", GOOD, "neutral", "?all"),
    ("nothing", GOOD, "none", None),
    ("nowhere", GOOD, "none", None),
    ("twice", GOOD, "permerror", None),
    ("syntax", GOOD, "permerror", None),
    ("a", GOOD, "pass", "a"),
    ("mx", GOOD, "pass", "mx"),
    ("chain", GOOD, "pass", None),
    ("chain", "203.0.114.200", "fail", "-all"),
    ("moved", GOOD, "pass", None),
    ("broken", GOOD, "permerror", None),
    ("loop", GOOD, "permerror", None),
    ("many", GOOD, "permerror", None),
    ("void", GOOD, "permerror", None),
    ("explained", GOOD, "fail", "-all"),
    ("macro", GOOD, "pass", None),
    ("macro", BAD, "fail", "-all"),
    ("long", GOOD, "pass", "ip4:203.0.114.7"),
    ("alias", GOOD, "pass", "ip4:203.0.114.7"),
)


def spf(server, ip, helo, sender, *options):
    status, out, err, took = e2e.run([e2e.program(), "--spf", "--dump=ndjson", f"--dns={server}",
                                      *options, "--", ip, helo, sender])
    same(f"{sender} exit status", status, 0)
    lines = out.decode().splitlines()
    if not check(len(lines) == 1, sender, "gave", lines, err):
        return {}, took
    found = json.loads(lines[0])
    same("type", found["type"], "spf")
    return found, took


def check_cases(server):
    slowest = 0
    for domain, ip, result, term in CASES:
        name = f"{domain}.spf.test"
        found, took = spf(server, ip, "host.elsewhere.test", f"user@{name}")
        slowest = max(slowest, took)
        same(f"{domain} from {ip}", found["result"], result)
        same(f"{domain} identity", (found["identity"], found["domain"]), ("mailfrom", name))
        if term:
            check(term in (found["term"] or ""), domain, "term", found["term"], "not", term)
        if result not in ("none", "permerror"):
            check((found["record"] or "").startswith("v=spf1 "), domain, "record", found["record"])
    found, _ = spf(server, GOOD, "x.test", "user@explained.spf.test")
    check(f"{GOOD} is not one of the hosts of explained.spf.test" in (found["explanation"] or ""),
          "explanation", found["explanation"])
    found, _ = spf(server, GOOD, "helo.spf.test", "")
    same("null sender", (found["identity"], found["domain"], found["result"]),
         ("helo", "helo.spf.test", "pass"))
    check(slowest < 3, "a check took", slowest, "s")
    e2e.say(f"{len(CASES)} checks, the slowest {slowest:.2f} s")


def check_failures():
    """Nobody there is known at once; nobody who answers, when the time is over."""
    dead = f"127.0.0.1:{e2e.free_port(socket.SOCK_DGRAM)}"
    found, took = spf(dead, GOOD, "x.test", "user@pass.spf.test", "--dns-timeout=200")
    same("dead server", found["result"], "temperror")
    check(took < 2, "dead server:", took, "s")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{silent.getsockname()[1]}"
        found, took = spf(server, GOOD, "x.test", "user@pass.spf.test", "--dns-timeout=200")
        same("silent server", found["result"], "temperror")
        check(0.3 < took < 3, "silent server:", took, "s")
        e2e.say(f"a silent server costs {took:.2f} s")
    status, _, err, _ = e2e.run([e2e.program(), "--spf", "--dns=off", "--dump=ndjson", "1.2.3.4",
                                 "x.test", "a@pass.spf.test"])
    same("without DNS", status, 0)
    for bad in (["1.2.3", "x", "y"], ["1.2.3.4", "x"]):
        status, _, err, _ = e2e.run([e2e.program(), "--spf", *bad])
        same(f"--spf {bad}", status, 64)
        check(err.startswith("hopq: "), "message:", err)


# ---- messages ----

MAIL = """Return-Path: <user@{domain}.spf.test>
Received: from mail.{domain}.spf.test (unknown [{ip}])
\tby mx.ours.test (Postfix) with ESMTPS id 4ABCD1234z
\tfor <me@ours.test>; Sun, 22 Nov 2026 10:00:00 +0000 (UTC)
From: User <user@{domain}.spf.test>
To: me@ours.test
Subject: {domain}
Date: Sun, 22 Nov 2026 09:59:58 +0000
Message-Id: <{domain}@{domain}.spf.test>

body
"""


def write_mail(where):
    """A Maildir with a message for each case."""
    for part in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(where, "Maildir", part))
    wanted = {}
    for number, (domain, ip, result, _) in enumerate(CASES):
        name = f"1795300000.M{number}.host"
        with open(os.path.join(where, "Maildir/new", name), "w", encoding="utf-8") as file:
            file.write(MAIL.format(domain=domain, ip=ip))
        wanted[f"{domain} {ip}"] = result
    return os.path.join(where, "Maildir"), wanted


def check_mail(where, server, silent):
    maildir, wanted = write_mail(where)
    found = e2e.dump("--full", "--our=ours.test", f"--dns={server}", "maildir:" + maildir)
    same("mail: exit status", found.status, 0)
    got = {f"{m['subject']} {m['spf']['ip']}": m["spf"]["result"] for m in found.messages}
    same("mail: results", got, wanted)
    check(found.took < 5, "mail took", found.took, "s")
    one = os.path.join(maildir, "new", sorted(os.listdir(os.path.join(maildir, "new")))[0])
    found = e2e.dump("--full", "--our=ours.test", f"--dns={server}", "eml:" + one)
    same("one message", [m["spf"]["result"] for m in found.messages], ["pass"])
    found = e2e.dump("--full", "--our=ours.test", f"--dns={silent}", "--dns-timeout=200",
                     "maildir:" + maildir)
    same("silent server: results", {m["spf"]["result"] for m in found.messages}, {"temperror"})
    same("silent server: messages", len(found.messages), len(wanted))
    check(found.took < 10, "silent server: mail took", found.took, "s")
    e2e.say(f"{len(wanted)} messages and a silent server: {found.took:.2f} s")


def main():
    e2e.need("nsd")
    where = e2e.folder()
    server = nsd_rig.start(where, {"spf.test": ZONE})
    check_cases(server)
    check_failures()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        check_mail(where, server, f"127.0.0.1:{silent.getsockname()[1]}")
    e2e.finish()


main()
