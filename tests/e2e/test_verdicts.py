# SPDX-License-Identifier: ISC
"""Verdicts through a real name server: what the destination will see of forwarded mail, DKIM and
DMARC verified in the sandbox, a provider that took mail against SPF from a hop of its own.
usage: test_verdicts.py HOPQ"""
import os

import e2e
import nsd_rig
import postfix_files
from e2e import check, same

EGRESS = "203.0.113.7"  # ours
ORIGIN = "203.0.114.7"  # where mail of origin.test comes from
PROVIDER = "203.0.114.30"
ARRIVED = 1795338000

KEY = ("v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCslVp+26fyKG+zVAheO/nttIPxMpzbw8MSyK9sdUpO"
       "11ROLFpoodv5K6/Iu3JvoXGmrsVetVT4WVkdgv4yalQPrORs9FtfZNseq8Cj4tpFmp4I3hUZYxDBFmoJrSwruQraN5ej"
       "34yENmNRYb8hgbfCePyZ6cL/ECMAwFHibLPU0QIDAQAB")
ZONES = {
    "origin.test": f"""
@ TXT "v=spf1 ip4:{ORIGIN} -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@origin.test"
k._domainkey TXT "{KEY[:200]}" "{KEY[200:]}"
gone._domainkey A 192.0.2.1
""",
    "soft.test": """
@ TXT "v=spf1 ip4:203.0.114.9 ~all"
""",
    "silent.test": """
@ A 192.0.2.1
""",
    "ours.test": f"""
@ TXT "v=spf1 ip4:{EGRESS} -all"
mail A {EGRESS}
""",
    "bank.test": f"""
@ TXT "v=spf1 ip4:{PROVIDER} -all"
""",
}

SIGNATURE = """DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=origin.test;
 i=@origin.test; q=dns/txt; s=k; t=1795328505; h=from : to : subject :
 date; bh=xW9DuC+dg9mIjODKFTQ4V8GvM6j/WPGq5braILO9kuw=;
 b=Hct5QoOhWRjf5laDoBNR3qVH/870MNlD6NUg8zyXQqZVGAW8YkI+gG6RMuNU2hoUvCeTN
 y1+HWu1vZ9l6ITzCeDr0QckmDgmLfkPiEbs3/VUd58zSn/m1Ux/rQketwqmwSxonLfntugJ
 EPMaFr42iLByGlfCyQpbjbxdD5evXZo=
"""
RECEIVED = f"""Received: from mail.{{domain}} (mail.{{domain}} [{ORIGIN}])
\tby mail.ours.test (Postfix) with ESMTPS id {{id}}
\tfor <info@ours.test>; Sun, 22 Nov 2026 09:00:00 +0000 (UTC)
"""
MAIL = """From: Joe <joe@{domain}>
To: info@ours.test
Subject: invoice
Date: Sun, 22 Nov 2026 09:00:00 +0000
Message-Id: <1@{domain}>

"""
BODY = "Please find the invoice attached.\n"

SRS = "SRS0=ab=cd=origin.test=joe@ours.test"
# id, sender, From's domain, signature, body; SPF, DKIM, DMARC as it came; forecast, outlook, words
CASES = (
    ("1000000000A", "joe@origin.test", "origin.test", "", BODY,
     "pass", [], "pass", "fail", "fails", ("(-all)", "policy reject", "rejected where DMARC")),
    ("2000000000B", "joe@origin.test", "origin.test", SIGNATURE, BODY,
     "pass", ["pass"], "pass", "fail", "may-pass-by-dkim", ("holds", "passes")),
    ("3000000000C", "joe@origin.test", "origin.test", SIGNATURE, "Changed.\n" + BODY,
     "pass", ["fail"], "pass", "fail", "fails", ("rejected where DMARC",)),
    ("4000000000D", "joe@origin.test", "origin.test", SIGNATURE.replace("s=k", "s=gone"), BODY,
     "pass", ["permerror"], "pass", "fail", "fails", ("(-all)",)),
    ("5000000000E", SRS, "origin.test", "", BODY,
     "fail", [], "fail", "pass", "fails", ("rewritten (SRS) from origin.test", "policy reject")),
    ("6000000000F", SRS, "origin.test", SIGNATURE, BODY,
     "fail", ["pass"], "pass", "pass", "passes", ("rewritten (SRS)",)),
    ("7000000000A", "joe@soft.test", "soft.test", "", BODY,
     "softfail", [], "none", "softfail", "fails", ("(~all)",)),
    ("8000000000B", "joe@silent.test", "silent.test", "", BODY,
     "none", [], "none", "none", "unknown", ("SPF none",)),
)


def make_queue(root):
    postfix_files.make_queue(root)
    for name, sender, domain, signature, body, *_ in CASES:
        text = RECEIVED.format(domain=domain, id=name) + signature + MAIL.format(domain=domain)
        postfix_files.Message(
            id=name, sender=sender, arrived=ARRIVED, next=ARRIVED + 900,
            attributes=[("log_client_name", f"mail.{domain}"), ("log_client_address", ORIGIN),
                        ("log_helo_name", f"mail.{domain}"), ("log_protocol_name", "ESMTP")],
            recipients=[postfix_files.Recipient("joe.private@big.example",
                                                original="info@ours.test")],
            content=(text + body).encode()).write(root)


def computed(message, method):
    return [row["result"] for row in message["auth"]
            if row["method"] == method and row["source"] == "computed"]


def check_forwarded(root, server):
    found = e2e.dump("--full", "--our=ours.test", f"--egress={EGRESS}", f"--dns={server}",
                     "postfix:" + root)
    same("queue: exit status", found.status, 0)
    messages = found.by_id()
    for name, sender, _, _, _, spf, dkim, dmarc, result, outlook, words in CASES:
        message = messages[name]
        forecast = message["forecast"]
        same(f"{name} SPF", message["spf"]["result"], spf)
        same(f"{name} DKIM", computed(message, "dkim"), dkim)
        same(f"{name} DMARC", computed(message, "dmarc"), [dmarc])
        same(f"{name} forecast", (forecast["result"], forecast["outlook"], forecast["egress"]),
             (result, outlook, EGRESS))
        same(f"{name} forecast's domain", forecast["domain"], sender.rpartition("@")[2])
        check(f"from {EGRESS} the destination will see" in forecast["words"], forecast["words"])
        for word in words:
            check(word in forecast["words"], name, word, "is not in:", forecast["words"])
    same("forwarded", messages["1000000000A"]["forwarded"]["is"], True)
    e2e.say(f"{len(CASES)} messages in {found.took:.2f} s")
    identity = {name: messages[name]["identity"]["verdict"] for name in messages}
    same("who it is from", [identity[name] for name in sorted(identity)],
         ["yes", "yes", "yes", "yes", "no", "yes", "unclear", "unclear"])


def check_filter(root, server):
    for expression in ("forecast:fails", "forecast:passes", "forecast:may-pass-by-dkim",
                       "forecast:softfail"):
        word = expression.partition(":")[2]
        found = e2e.dump("--filter", expression, "--our=ours.test", f"--egress={EGRESS}",
                         f"--dns={server}", "postfix:" + root)
        wanted = [name for name, *_, result, outlook, _ in CASES if word in (result, outlook)]
        same(expression, sorted(found.ids()), sorted(wanted))


def check_addresses(root, server):
    """The worst of our addresses is told; without any that is known, nothing is."""
    found = e2e.dump("--full", f"--egress={EGRESS}", "--egress=203.0.113.8", f"--dns={server}",
                     "postfix:" + root)
    forecast = found.by_id()["6000000000F"]["forecast"]
    same("two addresses", (forecast["result"], forecast["egress"]), ("fail", "203.0.113.8"))
    check("the worst of our addresses" in forecast["words"], forecast["words"])
    found = e2e.dump("--full", f"--dns={server}", "postfix:" + root)
    same("no address", {m["forecast"]["words"] for m in found.messages}, {None})
    found = e2e.dump("--full", "--egress=10.0.0.7", f"--dns={server}", "postfix:" + root)
    check(all("public" in m["forecast"]["words"] for m in found.messages), "a private address")


def check_same_without_dns(root):
    """Nothing in a dump of one message may depend on where it is made."""
    outputs = set()
    for environment in ({"TZ": "UTC", "LC_ALL": "C"},
                        {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"}):
        status, out, _, _ = e2e.run(
            [e2e.program(), "--dump=text", "--dns=off", "--our=ours.test", f"--egress={EGRESS}",
             "--message=3000000000C", "postfix:" + root],
            env={**os.environ, **environment, "HOPQ_NOW": "2026-11-22T12:00:00Z"})
        same("text: exit status", status, 0)
        outputs.add(out)
    same("text: versions", len(outputs), 1)
    text = " ".join(outputs.pop().decode().split())
    check(" authentic unclear: " in text, "no line about who it is from:", text)
    check("the body was changed (body hash)" in text, "a changed body shows without DNS:", text)


# ---- a provider that took mail against SPF ----

INNER = f"""Return-Path: <boss@bank.test>
Received: from out.provider.test (out.provider.test [{PROVIDER}])
\tby mail.ours.test (Postfix) with ESMTPS id 4fAbCd1234z9
\tfor <me@ours.test>; Sun, 22 Nov 2026 10:00:05 +0000 (UTC)
Received-SPF: fail (mx.provider.test: domain of boss@bank.test does not designate 198.51.100.77 as
 permitted sender) client-ip=198.51.100.77; envelope-from=boss@bank.test; receiver=mx.provider.test;
Received: from [192.168.1.20] (dsl-77.dyn.isp.test [198.51.100.77])
\tby mx.provider.test (Postfix) with ESMTP id 4fAbCc1234z8
\tfor <me@ours.test>; Sun, 22 Nov 2026 10:00:01 +0000 (UTC)
Authentication-Results: mail.ours.test; spf=pass smtp.mailfrom=boss@bank.test
From: The Boss <boss@bank.test>
To: me@ours.test
Subject: transfer
Date: Sun, 22 Nov 2026 10:00:00 +0000

Now.
"""


def check_provider(where, server):
    path = os.path.join(where, "inner.eml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(INNER)
    found = e2e.dump("--full", "--our=ours.test", f"--dns={server}", "eml:" + path)
    message = found.messages[0]
    same("SPF is about the last client outside", (message["spf"]["ip"], message["spf"]["result"]),
         (PROVIDER, "pass"))
    same("hops", [hop["trust"] for hop in message["hops"]], ["boundary", "claimed"])
    rows = [row for row in message["auth"] if row["source"] == "claimed"]
    same("claims", [(r["method"], r["result"], r["provenance"], r["hop"], r["trusted"])
                    for r in rows],
         [("spf", "fail", "inner", 1, False), ("spf", "pass", "spoof", None, False)])
    check("ar-spoof" in [f["id"] for f in message["findings"]], "findings:", message["findings"])
    status, out, _, _ = e2e.run([e2e.program(), "--dump=text", "--full", "--our=ours.test",
                                 f"--dns={server}", "eml:" + path])
    text = " ".join(out.decode().split())
    same("provider: exit status", status, 0)
    for words in ("spf fail bank.test by mx.provider.test (written in transit, hop 1)",
                  "by mail.ours.test (forged: it bears the receiver's name)",
                  f"authentic yes: SPF passes now for bank.test, from {PROVIDER}"):
        check(words in text, "not in the text:", words, text)


def main():
    e2e.need("nsd")
    where = e2e.folder()
    server = nsd_rig.start(where, ZONES)
    root = os.path.join(where, "postfix")
    make_queue(root)
    check_forwarded(root, server)
    check_filter(root, server)
    check_addresses(root, server)
    check_same_without_dns(root)
    check_provider(where, server)
    e2e.finish()


main()
