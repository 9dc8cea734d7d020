#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""No TLS with a real Sendmail, in each direction: a Postfix that cannot agree with it on a cipher, and
the other way round; a certificate that is of nobody. What the queue of the one that sends says, what
the log adds to it, and what is to be changed; and the lines of the one that receives.
usage: test_starttls.py HOPQ"""
import os
import re

import e2e
import postfix_rig
import sendmail_rig
from e2e import check, same

# cf/m4/proto.m4, as FEATURE(`tls_failures') and an access table with TLS_Srv would have them
RULES = """Stls_server
R$*\t$: $1 $| $&{server_name}
RSOFTWARE $| $*\t$#error $@ 4.7.0 $: "403 TLS handshake failed."
RFAIL $| $*\t$#error $@ 4.7.0 $: "403 server not authenticated."
"""
RSA_UNWANTED = {"smtpd_tls_protocols": "TLSv1.2", "smtpd_tls_exclude_ciphers": "aRSA, kRSA, aNULL"}


def make_certificate(where, name):
    """(certificate, key): RSA, of nobody."""
    files = [os.path.join(where, f"{name}.{what}.pem") for what in ("cert", "key")]
    status, _, err, _ = e2e.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                                 "2", "-subj", f"/CN={name}.ours.test", "-out", files[0], "-keyout",
                                 files[1]])
    check(status == 0, "openssl:", err)
    os.chmod(files[1], 0o600)
    return files


def postfix_in(where, name, routes, **settings):
    home = os.path.join(where, name)
    os.mkdir(home, 0o755)
    postfix = postfix_rig.Postfix(home, routes, myhostname=f"{name}.ours.test",
                                  smtpd_tls_security_level="may",
                                  smtp_tls_mandatory_protocols="TLSv1.2", **settings)
    postfix.start()
    return postfix


def explain(line):
    status, out, err, _ = e2e.run([e2e.program(), "--explain", "--dump=ndjson", line])
    check(status == 0, "explain", status, err)
    return e2e.json.loads(out)


def refused_by_sendmail(near, sendmail):
    """Postfix is put off, and Sendmail's log tells why."""
    near.send("ann@ours.test", ["u@sm.test"], b"Subject: x\n\nbody\n")
    e2e.wait_for("Postfix to be refused", lambda: near.is_settled(1))
    found = e2e.dump("--dns=off", "--full", "postfix:" + near.queue)
    message = found.messages[0]
    reason = message["recipients"][0]["reason"]
    same("Postfix", (reason["category"], reason["phase"], reason["fault"]), ("tls", "starttls", "tls"))
    causes = [entry["cause"] for entry in message["history"] if entry["cause"]]
    check(causes and "handshake failure" in causes[0], "no cause:", message["history"])
    same("group", [group["reason"] for group in found.groups], ["tls"])
    words = dump_text("postfix:" + near.queue)
    check("cause: " in words and "handshake failure" in words, words)

    def told():
        """The lines of the process that Postfix talked to."""
        with open(sendmail.log, encoding="utf-8", errors="replace") as file:
            log = file.read()
        failed = re.search(r"sendmail\[(\d+)\]: (STARTTLS=server, error: accept failed=-1.*)", log)
        left = failed and re.search(rf"sendmail\[{failed[1]}\]: (.* did not issue MAIL.*)", log)
        return left and (failed[2], left[1])

    failed, left = e2e.wait_for("Sendmail's log", told)
    check("reason=no shared cipher, SSL_error=1" in failed, failed)
    for line in (failed, re.sub(r" reason=[^,]*,", "", failed)):
        reason = explain(line)
        same(line, (reason["category"], reason["fault"]), ("tls", "tls"))
        check("our own TLS" in reason["advice"] and "CipherList" in reason["advice"], reason)
    check("STARTTLS=server" in explain(left)["advice"], "gave up:", explain(left))


def dump_text(*arguments):
    _, text, _, _ = e2e.run([e2e.program(), "--dump", "--full", "--dns=off", *arguments])
    return " ".join(text.decode().split())


def refuses(sendmail):
    """Sendmail is put off: by a server without a cipher for it, by a certificate of nobody."""
    for way in sendmail.ports:
        if way != "refused":
            sendmail.submit("ann@ours.test", [f"u@{way}.test"], b"Subject: x\n\nbody\n")
    e2e.wait_for("Sendmail to be refused", lambda: sendmail.is_settled(2))
    sources = ("--log", sendmail.log, "sendmail:" + sendmail.queue)
    found = e2e.dump("--dns=off", "--full", *sources)
    same("messages", len(found.messages), 2)
    for message in found.messages:
        recipient = message["recipients"][0]
        address, reason = recipient["address"], recipient["reason"]
        same(address, (reason["category"], reason["fault"], reason["code"]), ("tls", "tls", 403))
        word, advice = {"u@picky.test": ("handshake failure", "Try_TLS"),
                        "u@nobody.test": ("self-signed certificate", "certificate")}[address]
        check(advice in reason["advice"], address, "advice:", reason["advice"])
        causes = [entry["cause"] for entry in message["history"] if entry["cause"]]
        check(causes and word in causes[0], address, "no cause:", message["history"])
    words = dump_text(*sources)
    check("cause: connect failed=-1" in words and "self-signed certificate" in words, words)


def main():
    postfix_rig.need()
    e2e.need("openssl")
    sendmail_rig.PACKAGE.need()
    where = e2e.folder()
    picky, nobody = (postfix_in(where, name, [], smtpd_tls_cert_file=certificate,
                                smtpd_tls_key_file=key, **more)
                     for name, more in (("picky", RSA_UNWANTED), ("nobody", {}))
                     for certificate, key in [make_certificate(where, name)])
    certificate, key = make_certificate(where, "mail")  # the only one that Sendmail trusts
    sendmail = sendmail_rig.Sendmail(
        where, [], ports={"picky": picky.port, "nobody": nobody.port}, rules=RULES,
        options=(f"ServerCertFile={certificate}", f"ServerKeyFile={key}",
                 f"CACertFile={certificate}", f"CACertPath={where}",
                 "CipherList=ECDHE-ECDSA-AES128-GCM-SHA256"))
    sendmail.start()
    near = postfix_in(where, "near", [f"sm.test smtptls:[127.0.0.1]:{sendmail.port}"])
    refused_by_sendmail(near, sendmail)
    refuses(sendmail)
    e2e.finish()


main()
