# SPDX-License-Identifier: ISC
"""Stories from the field, told by one message each: a forged hop under Sendmail's own, a provider
that hides the sender, mail that came in through the backup MX or past all MX; and that nothing of a
dump depends on the language, the time zone or the DNS of who runs it.
usage: test_stories.py HOPQ"""
import os
import re
import subprocess

import e2e
import nsd_rig
from e2e import check, same
from forged import FORGED

TOOK = re.compile(rb'"took":[0-9.]+')
NOW = "2026-11-22T02:00:00Z"

# The same way, told by honest hosts.
HONEST = FORGED.replace("11:22:43 GMT)", "11:22:30 +0000 (GMT)").replace(
    "gate.bank.example (Postfix)", "mail.shop.example (Postfix)")

MASKED = """\
Received: from out7.webmail.example (out7.webmail.example [203.0.114.20])
\tby mx.ours.example (Postfix) with ESMTPS id 4fXyz0ABC1z1Q
\tfor <user@ours.example>; Sun, 22 Nov 2026 01:00:10 +0000 (UTC)
X-EIP: [Qm9ndXNPcGFxdWVWYWx1ZQ==]
Date: Sun, 22 Nov 2026 01:00:08 +0000
From: someone@webmail.example
To: user@ours.example
Subject: hello
Message-ID: <1@webmail.example>

Text.
"""

ZONE = """
@ MX 10 alpha
@ MX 20 omega
alpha A 203.0.114.31
omega A 203.0.114.32
imap A 203.0.114.33
"""


def through(host, address):
    """Mail that HOST took from outside and handed to the host with the mailboxes."""
    return f"""\
Delivered-To: user@backup.test
Received: from {host} ({host} [{address}])
\tby imap.backup.test (Postfix) with ESMTPS id 4fXyz0ABC2z1Q
\tfor <user@backup.test>; Sun, 22 Nov 2026 01:00:10 +0000 (UTC)
Received: from out.sender.example (out.sender.example [203.0.115.4])
\tby {host} (Postfix) with ESMTPS id 4fXyz0ABC1z1Q
\tfor <user@backup.test>; Sun, 22 Nov 2026 01:00:08 +0000 (UTC)
Date: Sun, 22 Nov 2026 01:00:07 +0000
From: someone@sender.example
To: user@backup.test
Subject: hello
Message-ID: <2@sender.example>

Text.
"""


def write(where, name, text):
    path = os.path.join(where, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return "eml:" + path


def read(source, *arguments):
    got = e2e.dump("--full", *(arguments or ("--dns=off",)), source,
                   env=e2e.environment(HOPQ_NOW=NOW))
    return got.messages[0]


def found(message, name):
    return next((one for one in message["findings"] if one["id"] == name), None)


def forged(where):
    message = read(write(where, "forged.eml", FORGED))
    same("trust", [hop["trust"] for hop in message["hops"]], ["boundary", "claimed"])
    same("origin", message["origin"]["ip"], "203.0.114.7")
    for name in ("mta-habit", "tail-junk", "gap", "date-eq-hop"):
        one = found(message, name)
        check(one and one["hop"] == 1, name, "is not found at hop 1:", message["findings"])
    below = found(message, "forged-below")
    check(below and below["hop"] == 0 and below["confidence"] == "high", "forged-below:", below)
    check("is forged" in message["identity"]["words"], "who it is:", message["identity"])
    claims = {(one["ip"], one["fact"]) for one in message["origins"]}
    same("origins", claims, {("203.0.114.7", True), ("203.0.115.9", False)})
    message = read(write(where, "honest.eml", HONEST))
    same("findings of the honest way", [one["id"] for one in message["findings"]
                                        if one["severity"] in ("medium", "high")
                                        and one["id"] != "rdns-dynamic"], [])


def masked(where):
    message = read(write(where, "masked.eml", MASKED))
    same("masked", message["origin"]["masked"], "X-EIP")
    same("what is known", message["origin"]["ip"], "203.0.114.20")
    check(found(message, "origin-masked"), "no origin-masked:", message["findings"])
    hidden = [one for one in message["origins"] if one["masked"]]
    same("hidden", [(one["ip"], one["masked"]) for one in hidden], [(None, "X-EIP")])


def backup(where):
    server = nsd_rig.start(where, {"backup.test": ZONE})
    last = write(where, "omega.eml", through("omega.backup.test", "203.0.114.32"))
    best = write(where, "alpha.eml", through("alpha.backup.test", "203.0.114.31"))
    message = read(last, f"--dns={server}")
    one = found(message, "backup-mx")
    check(one and one["confidence"] == "high" and "MX 20" in one["detail"], "backup-mx:", one,
          message["recipients"], message["mx"])
    same("MX", [(row["preference"], row["host"], row["addresses"]) for row in message["mx"]],
         [(10, "alpha.backup.test", ["203.0.114.31"]), (20, "omega.backup.test", ["203.0.114.32"])])
    same("through the best", found(read(best, f"--dns={server}"), "backup-mx"), None)
    same("nobody was asked", found(read(last), "backup-mx"), None)

    # past both of them, to the host with the mailboxes
    past = write(where, "past.eml", re.sub("Received: from alpha.*?Received:.*?by alpha",
                                           r"Received: from out.sender.example "
                                           "(out.sender.example [203.0.115.4])\n\tby imap",
                                           through("alpha.backup.test", "203.0.114.31"),
                                           flags=re.DOTALL))
    one = found(read(past, f"--dns={server}", "--our=backup.test"), "side-door")
    check(one and one["hop"] == 0 and "straight to imap.backup.test" in one["detail"],
          "side-door:", one)
    same("by the front door", found(read(best, f"--dns={server}", "--our=backup.test"),
                                    "side-door"), None)


def locales():
    """What the machine has, the C locale and one that it surely has not."""
    listed = subprocess.run(["locale", "-a"], capture_output=True, encoding="utf-8",
                            check=False).stdout.split()
    others = [name for name in listed if name not in ("C", "POSIX")]
    return ["C", "tr_TR.UTF-8", *others[:3]]


def the_same_everywhere(where):
    source = write(where, "same.eml", FORGED + "\nÜber 1,5\n")
    for form in ("text", "ndjson"):
        outputs = set()
        for locale in locales():
            for zone in ("UTC", "Asia/Kolkata", "America/St_Johns", "Nowhere/Bad"):
                env = e2e.environment(HOPQ_NOW=NOW, TZ=zone, LANG=locale, LC_ALL=locale)
                argv = [e2e.program(), f"--dump={form}", "--full", "--dns=off", source]
                _, out, _, _ = e2e.run(argv, env=env)
                outputs.add(TOOK.sub(b"", out))
        check(len(outputs) == 1, form, "differs by locale or zone:", len(outputs), "outputs")


def main():
    where = e2e.folder()
    forged(where)
    masked(where)
    the_same_everywhere(where)
    if not e2e.failures:  # a skip must not hide one
        e2e.need("nsd")
        backup(where)
    e2e.finish()


main()
