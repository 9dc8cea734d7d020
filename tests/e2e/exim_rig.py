# SPDX-License-Identifier: ISC
"""A real Exim, not installed but laid over the system; and what it says itself about its queue."""
import os
import re
import smtplib
import subprocess

import e2e
import package_rig
import sink
from package_rig import run, write

PROGRAM = "/usr/sbin/exim4"
USER = 64992
PACKAGE = package_rig.Package(
    "exim", PROGRAM, "exim4-daemon-light", "exim4-base", "libidn12", "libgnutls-dane0", "libnsl2",
    "libpcre2-8-0", "libdb5.3", "libpam0g")

CONFIG = """
primary_hostname = mail.ours.test
qualify_domain = ours.test
spool_directory = {spool}
split_spool_directory = {split}
log_file_path = {log}/%slog
pid_file_path = {log}/exim.pid
domainlist local_domains = @ : ours.test : lists.test
domainlist relay_to_domains = *.customer.test
hostlist relay_from_hosts = <; 127.0.0.1 ; 10.1.0.0/16 ; 2001:db8::/32
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
dsn_advertise_hosts = *
auth_advertise_hosts = *
untrusted_set_sender = *
local_from_check = false
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 100
smtp_accept_max_per_host = 100
smtp_accept_queue_per_connection = 0
smtp_enforce_sync = false
message_size_limit = 50M
queue_run_max = 20
timeout_frozen_after = 8d
ignore_bounce_errors_after = 2d
dns_retrans = 1s
dns_retry = 1
keep_environment =
acl_smtp_rcpt = accept
acl_smtp_data = acl_data
{options}
begin acl
acl_data:
  accept condition = ${{if match{{$sender_address}}{{^held@}}}}
         set acl_m_note = two\\nlines
         control = freeze
  accept set acl_c_seen = 1
begin routers
once:
  driver = redirect
  domains = lists.test
  data = ${{lookup{{$local_part}}lsearch{{{conf}/lists}}}}
  one_time
  forbid_file
  forbid_pipe
alias:
  driver = redirect
  domains = +local_domains
  data = ${{lookup{{$local_part}}lsearch{{{conf}/aliases}}}}
nodns:
  driver = redirect
  domains = nodns.test
  allow_defer
  data = :defer: host lookup did not complete
sinks:
  driver = manualroute
  domains = ${{lookup{{$domain}}lsearch{{{conf}/ports}}{{$domain}}}}
  route_data = mx.$domain byname
  self = send
  transport = remote
begin transports
remote:
  driver = smtp
  port = ${{lookup{{$domain}}lsearch{{{conf}/ports}}{{$value}}}}
  interface = 127.0.0.1
  hosts_require_tls = ${{if match{{$domain}}{{^tls}}{{*}}}}
  command_timeout = 3s
  connect_timeout = 3s
  final_timeout = 3s
  hosts_try_fastopen =
begin retry
{retry}
begin rewrite
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = yes
  server_set_id = $auth2
"""


RETRY = """refused.test * F,1d,10m
*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h"""


class Exim:
    def __init__(self, where, ways, split=False, options="", retry=RETRY):
        """WAYS: of sinks; mail for WAY.test goes there."""
        self.where = where
        self.spool = os.path.join(where, "spool")
        self.log = os.path.join(where, "log")
        self.conf = os.path.join(where, "conf")
        self.port = e2e.free_port()
        for path in (self.spool, self.log):
            os.mkdir(path, 0o750)
            os.chown(path, USER, USER)
        os.mkdir(self.conf, 0o755)
        self.ports = {"refused": e2e.free_port()}
        for way in ways:
            self.ports[way] = sink.Sink(sink.WAYS[way.removeprefix("tls-")]).port
        self.lay_out()
        self.settings = {"split": "yes" if split else "no", "retry": retry}
        self.configure(options)
        for name, text in (("ports", "".join(f"{way}.test: {port}\n"
                                             for way, port in self.ports.items())),
                           ("aliases", "boss: chief@greylist.test\ncrew: third@throttle.test, "
                                       "fourth@dnsbl.test, done@accept.test\n"),
                           ("lists", "team: one@full.test, two@greylist.test\n")):
            write(os.path.join(self.conf, name), text)

    def configure(self, options=""):
        write(os.path.join(self.conf, "exim.conf"), CONFIG.format(
            spool=self.spool, log=self.log, port=self.port, conf=self.conf, options=options,
            **self.settings))

    def lay_out(self):
        tree = os.path.join(self.where, "tree")
        write(os.path.join(tree, "etc/exim4/exim4.conf"), f".include {self.conf}/exim.conf\n")
        hosts = "".join(f"127.0.0.1 mx.{way}.test\n" for way in self.ports)
        PACKAGE.lay_out(tree, "127.0.0.1 localhost mail.ours.test\n" + hosts, {"Debian-exim": USER})

    # ---- running it ----

    def command(self, *arguments, program=PROGRAM, **options):
        done = run([program, *arguments], **options)
        return done.stdout.decode("utf-8", "surrogateescape")

    def start(self, *more):
        e2e.start([PROGRAM, "-bdf", "-oX", str(self.port), *more])
        e2e.wait_for("Exim to listen", self.listens, 20)

    def listens(self):
        return e2e.speaks_smtp(self.port)

    # ---- mail into it ----

    def submit(self, sender, recipients, content, *options):
        subprocess.run([PROGRAM, "-i", "-odi", *options, "-f", sender or "<>", "--", *recipients],
                       input=content, check=True, timeout=120)

    def send(self, sender, recipients, content, helo="client.test", login=None, rcpt=()):
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=helo, timeout=60) as client:
            if login:
                client.login(login, "secret")
            client.sendmail(sender, recipients, content, rcpt_options=list(rcpt))

    # ---- what it says ----

    def listing(self):
        """Messages of "exim -bp" by id."""
        found, entry = {}, None
        for line in self.command("-bp").splitlines():
            head = re.match(r" *(\S+) +(\S+) (\S{16,23}) <(.*)>( \*\*\* frozen \*\*\*)?$", line)
            if head:
                entry = {"size": head[2], "sender": head[4], "frozen": bool(head[5]), "to": []}
                found[head[3]] = entry
            elif line.strip():
                entry["to"].append((line[10:], line[8] == "D"))
        return found

    def history(self, name):
        """Lines of the message's log, with what does not print as Exim escapes it."""
        return self.command("-Mvl", name).splitlines()

    def hints(self):
        """Retry hints as exim_dumpdb tells them: key to the time of the next try, in UTC."""
        lines = self.command(self.spool, "retry", program="/usr/sbin/exim_dumpdb",
                             env={"TZ": "UTC", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        found = {}
        for key, times in re.findall(r"^  (.*)\n(\d.*)$", lines, re.M):
            name = re.match(r"([RT]:.*?) -?\d+ -?\d+ ", key + " ")
            found[name[1] if name else key] = times.split("  ")[2].rstrip(" *")
        return found

    def is_settled(self, count):
        """All that waits has been tried once, or is frozen, or is to wait (sender later@)."""
        listing = self.listing()
        for name, entry in listing.items():
            text = "\n".join(self.history(name))
            waiting = [address for address, done in entry["to"] if not done]
            tried = entry["frozen"] or entry["sender"].startswith("later@")
            if not tried and len(re.findall(r" defer \(", text)) < len(waiting):
                return None
        return len(listing) >= count and listing
