# SPDX-License-Identifier: ISC
"""A real Sendmail, not installed but laid over the system, with a sendmail.cf written here that has
a mailer for each sink; and what mailq says about its queues."""
import os
import re
import smtplib
import subprocess

import e2e
import package_rig
import sink
from package_rig import run, write

PROGRAM = "/usr/sbin/sendmail"
GROUP = 64993  # of the submission program, smmsp
PACKAGE = package_rig.Package("sendmail", PROGRAM, "sendmail-bin", "libwrap0", "libnsl2",
                              "libldap-2.5-0", "libsasl2-2", "libdb5.3", "libtirpc3")
OPTIONS = """V10/Berkeley
Cwlocalhost ours.test mail.ours.test
CRcustomer.test 10.1
Djmail.ours.test
DnMAILER-DAEMON
DZ8
O BlankSub=.
O DeliveryMode={mode}
O TempFileMode=0600
O QueueDirectory={queue}
O AliasFile={conf}/aliases
O HelpFile=
O StatusFile=
O ControlSocketName
O PidFile={where}/pid
O PrivacyOptions=authwarnings
O DaemonPortOptions=Family=inet, Name=MTA, Addr=127.0.0.1, Port={port}
O ClientPortOptions=Family=inet, Addr=127.0.0.1
O MinQueueAge={age}
O Timeout.queuereturn=5d
O Timeout.queuereturn.non-urgent=7d
O Timeout.queuewarn=4h
O Timeout.connect=3s
O Timeout.iconnect=3s
O Timeout.initial=3s
O Timeout.datafinal=3s
O Timeout.ident=0
O SuperSafe=True
O QueueLA=10000
O RefuseLA=10000
O DefaultUser=65534:65534
O DontProbeInterfaces=True
O DontBlameSendmail=GroupWritableDirPathSafe,TrustStickyBit
O ServiceSwitchFile={conf}/service.switch
O LogLevel={level}
{options}
Pfirst-class=0
Pspecial-delivery=100
Plist=-30
Pbulk=-60
Pjunk=-100
Troot
H?P?Return-Path: <$g>
HReceived: $?sfrom $s $.$?_($?s$|from $.$_)
\t$.by $j ($v/$Z)$?r with $r$. id $i$?u
\tfor $u; $|;
\t$.$b
H?D?Date: $a
H?F?From: $?x$x <$g>$|$g$.
H?M?Message-Id: <$t.$i@$j>
Scanonify=3
R$@\t$@ <@>
R$* < $* > $*\t$: $2
R$@\t$@ <@>
R$+ @ $+\t$: $1 < @ $2 >
Sfinal=4
R<@>\t$@
R$* < @ $+ > $*\t$1 @ $2 $3
Sparse=0
R<@>\t$#local $: <>
R$+ < @ $=w >\t$#local $: $1
{routes}R$+ < @ $+ >\t$#smtp $@ $2 $: $1 < @ $2 >
R$+\t$#local $: $1
Slocaladdr=5
Mlocal, P=/bin/false, F=lsDFMAw5:/|@qPSXmn9, T=DNS/RFC822/X-Unix, A=false $u
Mprog, P=/bin/false, F=lsDFMoqeu9, T=X-Unix/X-Unix/X-Unix, A=false
M*file*, P=[FILE], F=lsDFMPEouq9, T=DNS/RFC822/X-Unix, A=FILE $u
M*include*, P=/dev/null, F=su, A=INCLUDE $u
Msmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP $h
{mailers}"""
ALIASES = """MAILER-DAEMON: postmaster
postmaster: chief@full.test
info: out@greylist.test, two@full.test
boss: x@full.test
team: :include:{conf}/team
"""


class Sendmail:
    def __init__(self, where, ways, split=False, age="0", mode="background", options=(),
                 runs=None, ports=None, rules=""):
        """WAYS: of sinks; mail for WAY.test goes there. SPLIT: two queue directories, by wildcard,
        the first with qf, df and xf apart. OPTIONS: more lines for the configuration, and what
        Sendmail has to say goes to self.log. RUNS: time between two runs of the queue.
        PORTS: way to port, of other servers. RULES: more rulesets."""
        self.where = where
        self.queue = os.path.join(where, "mqueue")
        self.client = os.path.join(where, "mqueue-client")
        self.log = os.path.join(where, "log")
        self.runs = runs
        self.port = e2e.free_port()
        for path in (self.queue, self.client):
            os.mkdir(path, 0o700)
        for part in ("q1/qf", "q1/df", "q1/xf", "q2") if split else ():
            os.makedirs(os.path.join(self.queue, part), 0o700)
        self.conf = os.path.join(where, "conf")
        os.mkdir(self.conf, 0o755)
        self.ports = {"refused": e2e.free_port(), **(ports or {})}
        for way in ways:
            self.ports[way] = sink.Sink(sink.WAYS[way]).port
        self.rules = rules
        settings = {"where": where, "conf": self.conf, "port": self.port, "age": age, "mode": mode,
                    "options": "\n".join(f"O {line}" for line in options),
                    "level": 14 if options else 0,
                    "queue": self.queue + ("/q*" if split else "")}
        for name, text in (("aliases", ALIASES.replace("{conf}", self.conf)),
                           ("team", "l1@greylist.test\nl2@full.test\n"),
                           ("service.switch", "hosts files dns\naliases files\npasswd files\n")):
            write(os.path.join(self.conf, name), text)
        self.lay_out(self.configuration(settings))
        if options:
            package_rig.system_log(self.log)
        self.command("-bi")

    def configuration(self, settings):
        """Text of sendmail.cf."""
        routes = "".join(f"R$+ < @ {way}.test >\t$#s{way} $@ [127.0.0.1] $: $1 < @ {way}.test >\n"
                         for way in self.ports)
        mailers = "".join(f"Ms{way}, P=[IPC], F=mDFMuXa, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, "
                          f"A=TCP $h {port}\n" for way, port in self.ports.items())
        text = OPTIONS
        for name, value in {**settings, "routes": routes, "mailers": mailers + self.rules}.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def submission(self, configuration):
        """Text of submit.cf: what a plain user submits, for a program with the rights of a group."""
        for name, value in (("QueueDirectory", self.client), ("PidFile", "/dev/null"),
                            ("DefaultUser", f"{GROUP}:{GROUP}\nO RunAsUser={GROUP}:{GROUP}\n"
                                            "O UseMSP=True")):
            configuration = re.sub(f"^O {name}=.*", f"O {name}={value}", configuration, flags=re.M)
        return configuration

    def lay_out(self, configuration):
        tree = os.path.join(self.where, "tree")
        write(os.path.join(tree, "etc/mail/sendmail.cf"), configuration)
        if self.runs:
            write(os.path.join(tree, "etc/mail/sendmail.conf"), f'QUEUE_INTERVAL="{self.runs}";\n')
        write(os.path.join(tree, "etc/mail/submit.cf"),
              self.submission(configuration))
        PACKAGE.copy("usr/libexec/sendmail/sendmail", tree, 0o2755, GROUP)
        os.chown(self.client, GROUP, GROUP)
        os.chmod(self.client, 0o770)
        # a host without a full name makes it wait for a minute
        PACKAGE.lay_out(tree, f"127.0.0.1 mail.ours.test {os.uname().nodename} localhost\n",
                        {"smmsp": GROUP})

    # ---- running it ----

    def command(self, *arguments, **options):
        done = run([PROGRAM, *arguments], **options)
        return done.stdout.decode("utf-8", "surrogateescape")

    def start(self):
        e2e.start([PROGRAM, "-bD", *([f"-q{self.runs}"] if self.runs else [])])
        e2e.wait_for("Sendmail to listen", self.listens, 20)

    def listens(self):
        return e2e.speaks_smtp(self.port)

    # ---- mail into it ----

    def submit(self, sender, recipients, content, *options):
        subprocess.run([PROGRAM, "-Am", "-i", *options, "-f", sender or "<>", "--", *recipients],
                       input=content, check=True, timeout=120, capture_output=True)

    def send(self, sender, recipients, content, helo="client.test", rcpt=()):
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=helo, timeout=60) as client:
            client.sendmail(sender, recipients, content.replace(b"\n", b"\r\n"),
                            rcpt_options=list(rcpt))

    # ---- what it says ----

    def listing(self, *options):
        """Messages of "mailq -v" by id: sender and recipients as they are written there, reasons
        cut at 100 columns."""
        found, entry = {}, None
        for line in self.command("-bp", "-v", *options).splitlines():
            head = re.match(r"(\w+\d)([*X-]?) +(\d+) +(-?\d+)[ +]\w{3} [ \d]\d \d\d:\d\d (.*)$",
                            line)
            reason = re.match(r"(\s+(?:8BITMIME|7BIT)?\s*)\((.*)\)$", line)
            if head:
                entry = {"locked": head[2] == "*", "size": int(head[3]), "sender": head[5],
                         "text": None, "to": []}
                found[head[1]] = entry
            elif line.startswith("\t" * 6) and entry:
                if not line.startswith("\t" * 6 + "(---"):
                    entry["to"].append([line[6:], None])
            elif reason and entry:
                if line.startswith("\t\t (") and entry["to"]:
                    entry["to"][-1][1] = reason[2]
                else:
                    entry["text"] = reason[2]
        return found

    def listed_ids(self, *options):
        return set(self.listing(*options))

    def control_file(self, name):
        """Path of the control file of a message; None: it has none."""
        for base, _, files in os.walk(self.queue):
            for letter in "qhQ":
                if f"{letter}f{name}" in files:
                    return os.path.join(base, f"{letter}f{name}")
        return None

    def lines(self, name):
        """Lines of the control file, without those of the header."""
        with open(self.control_file(name), encoding="utf-8", errors="surrogateescape") as file:
            return [line.rstrip("\n") for line in file if line[0] not in "H\t "]

    def is_settled(self, count):
        """All that waits has been tried, and nothing is at work."""
        listing = self.listing()
        quiet = all(entry["text"] and not entry["locked"] for entry in listing.values())
        return len(listing) >= count and quiet and listing
