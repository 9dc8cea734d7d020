# SPDX-License-Identifier: ISC
"""A real Postfix with its own configuration and queue on a loopback port, and what it says itself
about its queue."""
import json
import os
import pwd
import re
import shutil
import smtplib
import subprocess

import e2e
import sink

SERVICES = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
smtptls unix - - n - - smtp -o smtp_tls_security_level=encrypt
smtpdns unix - - y - - smtp -o smtp_host_lookup=dns
"""

SETTINGS = {
    "compatibility_level": "3.6",
    "myhostname": "mail.ours.test",
    "mydomain": "ours.test",
    "myorigin": "ours.test",
    "mydestination": "ours.test, mail.ours.test, localhost",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "alias_database": "",
    "local_recipient_maps": "",
    "virtual_alias_domains": "lists.test",
    "relayhost": "",
    "smtp_tls_security_level": "may",
    "smtp_connect_timeout": "3s",
    "smtp_helo_timeout": "3s",
    "smtp_data_done_timeout": "3s",
    "smtputf8_enable": "yes",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_sender_restrictions":
        "check_sender_access inline:{{held@corp.test = HOLD looked at by hand}}",
    "message_size_limit": "50000000",
    "minimal_backoff_time": "300s",
    "maximal_backoff_time": "4000s",
    "queue_run_delay": "300s",
    "maximal_queue_lifetime": "3d",
    "bounce_queue_lifetime": "2d",
    "maillog_file_prefixes": "/var, /dev/stdout, /tmp",
    "smtp_destination_concurrency_failed_cohort_limit": "100",
}


class Postfix:
    def __init__(self, where, routes, **settings):
        """ROUTES: lines of the transport table."""
        self.config = os.path.join(where, "etc")
        self.queue = os.path.join(where, "spool")
        self.log = os.path.join(where, "maillog")
        self.port = e2e.free_port()
        data = os.path.join(where, "data")
        for path in (self.config, self.queue, data):
            os.mkdir(path, 0o755)
        shutil.chown(data, "postfix")
        self.write("main.cf", "".join(f"{name} = {value}\n" for name, value in {
            **SETTINGS, "queue_directory": self.queue, "data_directory": data,
            "maillog_file": self.log, "transport_maps": f"texthash:{self.config}/transport",
            "virtual_alias_maps": f"texthash:{self.config}/virtual",
            "alias_maps": f"texthash:{self.config}/aliases",
            "shlib_directory": "/usr/lib/postfix", "daemon_directory": "/usr/lib/postfix/sbin",
            "meta_directory": self.config, **settings}.items()))
        self.write("master.cf", SERVICES.format(port=f"127.0.0.1:{self.port}"))
        self.write("transport", "".join(line + "\n" for line in routes))
        self.write("virtual", "team@lists.test one@full.test two@greylist.test\n"
                              "boss@lists.test chief@unknown.test\n")
        self.write("aliases", "crew: third@throttle.test, fourth@dnsbl.test\n")
        for name in ("postfix-files", "dynamicmaps.cf"):
            shutil.copy(os.path.join("/etc/postfix", name), self.config)
        self.make_jail()

    def write(self, name, text):
        with open(os.path.join(self.config, name), "w", encoding="utf-8") as file:
            file.write(text)

    def make_jail(self):
        """The one chrooted service asks a name server that is not there."""
        etc = os.path.join(self.queue, "etc")
        os.mkdir(etc)
        with open(os.path.join(etc, "resolv.conf"), "w", encoding="ascii") as file:
            file.write("nameserver 127.53.53.53\noptions timeout:1 attempts:1\n")

    # ---- running it ----

    def command(self, name, *arguments, **options):
        done = subprocess.run([f"/usr/sbin/{name}", "-c", self.config, *arguments],
                              capture_output=True, check=False, timeout=60, **options)
        if done.returncode:
            e2e.say(name, *arguments, "exit", done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def start(self):
        e2e.cleanups.callback(self.stop)
        self.command("postfix", "start")
        e2e.wait_for("Postfix to listen", self.listens, 20)

    def listens(self):
        return e2e.speaks_smtp(self.port)

    def master(self):
        try:
            with open(os.path.join(self.queue, "pid/master.pid"), encoding="ascii") as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return 0

    def running(self):
        pid = self.master()
        status = e2e.status_of(pid) if pid else {}
        return status.get("Name") == "master" and not status["State"].startswith("Z")

    def stop(self):
        if not self.running():
            return
        self.command("postfix", "stop")
        if self.running():
            self.command("postfix", "abort")

    # ---- mail into it ----

    def submit(self, sender, recipients, content, *options):
        """By sendmail(1)."""
        envelope = [] if "-t" in options else ["--", *recipients]
        subprocess.run(["/usr/sbin/sendmail", "-C", self.config, "-i", "-f", sender or "<>",
                        *options, *envelope], input=content, check=True, timeout=60)

    def send(self, sender, recipients, content, helo="client.test", options=()):
        """By SMTP."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=helo, timeout=60) as client:
            client.sendmail(sender, recipients, content, mail_options=list(options))

    # ---- what it says ----

    def listing(self):
        """Objects of "postqueue -j" by queue id."""
        lines = self.command("postqueue", "-j").decode("utf-8", "surrogateescape").splitlines()
        return {entry["queue_id"]: entry for entry in map(json.loads, lines)}

    def is_settled(self, count):
        listing = self.listing()
        settled = [entry for entry in listing.values()
                   if entry["queue_name"] == "hold"
                   or (entry["queue_name"] == "deferred"
                       and all("delay_reason" in r for r in entry["recipients"]))]
        return len(settled) == len(listing) >= count and listing

    def path_of(self, entry):
        """The file of a message in deferred or hold, as postqueue lists it."""
        top = os.path.join(self.queue, entry["queue_name"])
        for base, _, names in os.walk(top):
            if entry["queue_id"] in names:
                return os.path.join(base, entry["queue_id"])
        return None

    def headers(self, queue_id):
        """(name, value) of "postcat -qh", values unfolded."""
        text = self.command("postcat", "-hq", queue_id)
        unfolded = re.sub(rb"\r?\n(?=[ \t])", b"", text).decode("utf-8", "replace")
        pairs = [line.split(":", 1) for line in unfolded.split("\n") if ":" in line]
        return [(name, value.strip()) for name, value in pairs]

    def envelope(self, queue_id):
        """Lines of "postcat -qe" as (word, value)."""
        text = self.command("postcat", "-eq", queue_id).decode("utf-8", "replace")
        pairs = (line.split(": ", 1) for line in text.splitlines() if ": " in line)
        return [(name.strip(), value) for name, value in pairs]

    def ids_ever(self):
        """Every queue id that its log names: some messages live for less than a listing takes."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return set(re.findall(r"\]: ([0-9A-Za-z]{6,}): ", file.read()))


def sinks(*ways):
    """Starts sinks; way to route line of the transport table for WAY.test."""
    routes = []
    for way in ways:
        server = sink.Sink(sink.WAYS[way])
        e2e.cleanups.callback(server.stop)
        transport = "smtptls" if way in ("notls", "tlsfail", "tlsbroken") else "smtp"
        routes.append(f"{way}.test {transport}:[127.0.0.1]:{server.port}")
    return routes


def need():
    e2e.need_root()
    e2e.need("postfix", "postqueue", "postcat", "sendmail", "setpriv")
    try:
        pwd.getpwnam("postfix")
    except KeyError:
        e2e.skip("no user postfix")
