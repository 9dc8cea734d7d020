#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""samples.py FOLDER: the queue and the Maildir of the demo, made in FOLDER/samples.

Postfix lives through five days in a few minutes: it is started at each of the moments that mails
are from, with its clock set back by libfaketime. That reaches what Postfix writes, not the stamps
that the kernel gives to files, so these are set back by as much (logs and mailbox only: the times
of queue files are Postfix's own, the next attempt)."""
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time

import e2e
import postfix_rig
import samples_mail
import samples_relays

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
QUEUES = ("incoming", "active", "deferred", "hold", "corrupt", "defer", "bounce", "maildrop")
# Hours before the samples are taken. Mail comes at all but the last few, at which a part of the
# queue is tried again: Postfix's longest pause is 4000 s.
RETRIES = {0.85: 3, 0.7: 5, 0.35: 2}
SPF_FAIL = ("Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=192.0.2.66; "
            "helo=relay.dock.example; envelope-from=service@bank.example; "
            "receiver=mx1.harbour.example")  # as an SPF policy service of ours would put it
SETTINGS = {
    "myhostname": "mx1.harbour.example",
    "mydomain": "harbour.example",
    "myorigin": "harbour.example",
    "mydestination": "localhost",
    "virtual_mailbox_domains": "harbour.example",
    "virtual_mailbox_maps": "inline:{office@harbour.example=maildir/}",
    "virtual_uid_maps": "static:65534",
    "virtual_gid_maps": "static:65534",
    "virtual_alias_domains": "gone.harbour.example",
    "maximal_queue_lifetime": "5d",
    "bounce_queue_lifetime": "5d",
    "smtp_host_lookup": "native",
    "smtp_bind_address": samples_relays.OUR_ADDRESS,
    "smtpd_authorized_xclient_hosts": "127.0.0.1",
    "smtpd_sasl_authenticated_header": "yes",
    "smtpd_relay_restrictions": "check_client_access inline:{{192.0.2.233 = OK} "
                                "{203.0.113.130 = OK}}, reject_unauth_destination",
    "smtpd_sender_restrictions":
        "check_sender_access inline:{{held@harbour.example = HOLD the board reads this first} "
        f"{{service@bank.example = PREPEND {SPF_FAIL}}}}}",
    "smtp_tls_loglevel": "1",
    "import_environment": "MAIL_CONFIG TZ LD_PRELOAD FAKETIME NO_FAKE_STAT",
    "maillog_file_prefixes": "/var",
}
SERVICES = """
soft unix - - n - - smtp -o soft_bounce=yes
stuck unix - - n - - smtp -o smtp_helo_timeout=600s
virtual unix - n n - - virtual
"""
ALIASES = """
ann@harbour.example ann.lowe@homemail.example
tom@harbour.example tom.reed@bluebox.example
lost@gone.harbour.example nobody@gone.example
"""

# What hopq would learn from this Postfix's own configuration, were it there.
CONFIGURATION = f"""[hopq]
our=harbour.example, gone.harbour.example
egress={samples_relays.OUR_ADDRESS}
trust=203.0.113.0/24
dns=off
"""


class Machine(postfix_rig.Postfix):
    """A Postfix whose clock can be set before it is started."""

    def __init__(self, where):
        super().__init__(where, samples_relays.routes(), virtual_mailbox_base=where, **SETTINGS)
        with open(os.path.join(self.config, "master.cf"), "a", encoding="ascii") as file:
            file.write(SERVICES)
        self.write("virtual", ALIASES)
        self.where = where
        self.ago = 0

    def begin(self, hours):
        self.ago = round(hours * 3600)
        os.environ.pop("LD_PRELOAD", None)
        if self.ago:
            os.environ.update(LD_PRELOAD=FAKETIME, FAKETIME=f"-{self.ago}", NO_FAKE_STAT="1",
                              TZ="UTC")
        self.start()

    def now(self):
        return time.time() - self.ago

    def deliver(self, mail):
        """By SMTP, in the name of the client that the mail tells of."""
        client = mail.client
        names = f"NAME={client.name} ADDR={client.address}"
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=client.helo, timeout=60) as smtp:
            smtp.ehlo()
            smtp.docmd("XCLIENT", names + (f" LOGIN={client.login}" if client.login else ""))
            smtp.ehlo()
            smtp.sendmail(mail.sender, mail.to.split(), mail.content(self.now()))

    def files(self, *tops):
        return [os.path.join(base, name) for top in tops
                for base, _, names in os.walk(os.path.join(self.where, top)) for name in names]

    def is_idle(self):
        return not self.files("spool/incoming", "spool/active", "spool/maildrop")

    def retry(self, every):
        """An impatient postmaster tries each EVERYth message again."""
        for queue_id in sorted(self.listing())[::every]:
            self.command("postqueue", "-i", queue_id)

    def restamp(self, since):
        """Sets back what the kernel has stamped since then."""
        for path in self.files("spool/defer", "spool/hold", "maildir"):
            stamp = os.stat(path).st_mtime
            if stamp >= since - 1:
                os.utime(path, (stamp - self.ago,) * 2)


def live(machine, mails):
    for hours in sorted({mail.hours for mail in mails} | set(RETRIES), reverse=True):
        since = time.time()
        machine.begin(hours)
        for mail in mails:
            if mail.hours == hours:
                machine.deliver(mail)
        if hours in RETRIES:
            machine.retry(RETRIES[hours])
        time.sleep(2)
        e2e.wait_for("the queue to settle", machine.is_idle, 60)
        machine.stop()
        machine.restamp(since)
        e2e.say(f"{hours:6} h ago: {len(machine.files('spool/deferred', 'spool/hold'))} wait, "
                f"{len(machine.files('maildir'))} received")


# ---- now ----

def hold_one(machine):
    found = [queue_id for queue_id, entry in machine.listing().items()
             if entry["sender"] == "peter@harbour.example"]
    machine.command("postsuper", "-h", found[0])


def half_a_mail(machine):
    """A client that is still sending."""
    client = socket.create_connection(("127.0.0.1", machine.port))
    talk = client.makefile("rwb")
    talk.readline()
    for line in ("HELO slow.example.com", "MAIL FROM:<slow@example.com>",
                 "RCPT TO:<ann@harbour.example>", "DATA"):
        talk.write(line.encode() + b"\r\n")
        talk.flush()
        talk.readline()
    talk.write(b"Subject: a large picture\r\nFrom: slow@example.com\r\n\r\n" + b"picture\r\n" * 4000)
    talk.flush()
    return client


def freeze(machine):
    """The last moment: one mail is being sent, one waits for qmgr, one is still coming in."""
    machine.begin(0)
    machine.deliver(samples_mail.Mail(0, samples_mail.OFFICE, "kate@harbour.example",
                                      "keeper@island.example", "Lamp oil"))
    e2e.wait_for("a mail to be sent", lambda: machine.files("spool/active"), 20)
    hold_one(machine)
    qmgr = subprocess.run(["pgrep", "-x", "qmgr"], capture_output=True, check=True).stdout.split()
    subprocess.run(["kill", "-STOP", *qmgr], check=True)
    machine.deliver(samples_mail.Mail(0, samples_mail.SHOP, "bounce-7@shop.example.com",
                                      "ann@harbour.example", "One more offer"))
    half = half_a_mail(machine)
    time.sleep(2)
    keep(machine)
    half.close()
    subprocess.run(["kill", "-CONT", *qmgr], check=True)


def keep(machine):
    samples = os.path.join(machine.where, "samples")
    queue = os.path.join(samples, "postfix")
    os.makedirs(queue)
    subprocess.run(["cp", "-a", *QUEUES, queue], cwd=machine.queue, check=True)
    subprocess.run(["cp", "-a", "maildir", samples], cwd=machine.where, check=True)
    with open(os.path.join(samples, "taken-at"), "w", encoding="ascii") as file:
        file.write(time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime()))
    with open(os.path.join(samples, "hopq.conf"), "w", encoding="ascii") as file:
        file.write(CONFIGURATION)


def main():
    where = sys.argv[1]
    os.makedirs(os.path.join(where, "maildir"))
    shutil.chown(os.path.join(where, "maildir"), 65534, 65534)
    samples_relays.start()
    machine = Machine(where)
    live(machine, samples_mail.everything())
    freeze(machine)


main()
