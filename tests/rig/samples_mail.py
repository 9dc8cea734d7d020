# SPDX-License-Identifier: ISC
"""The mail of the samples: invented people at example domains, and the ways their mail came."""
import dataclasses
import email.utils
import string
import time

MINUTE, HOUR = 60, 3600
TALK = ("The wind will be west, four to five, and we shall be back before the rain.\n",
        "Bring the blue rope, the spare lamp and something warm to drink.\n",
        "Nobody has found the key of the boat house so far; ask at the office.\n",
        "The tide turns at ten.\n", "\n")


@dataclasses.dataclass
class Client:
    """Who hands a message to us: what Postfix is told with XCLIENT."""
    helo: str
    address: str
    name: str = "[UNAVAILABLE]"
    login: str = ""


@dataclasses.dataclass
class Mail:
    hours: float  # before the samples are taken
    client: Client
    sender: str
    to: str       # addresses with blanks between
    subject: str
    author: str = ""   # From
    above: tuple = ()  # fields above From, the newest first: functions of a time and the recipient
    below: tuple = ()  # fields below
    body: str = "Hello,\n\nsee you on Thursday at the boat house.\n"

    def content(self, now):
        fields = [field(now, self.to.split()[0]) if callable(field) else field
                  for field in self.above]
        fields += [f"From: {self.author or self.sender or 'MAILER-DAEMON@mx1.harbour.example'}",
                   "To: " + ", ".join(self.to.split()), f"Subject: {self.subject}",
                   "Date: " + date(now - 4, "+0000"),
                   f"Message-ID: <{int(now)}.{abs(hash_of(self.subject + self.to))}@"
                   f"{self.sender.partition('@')[2] or 'harbour.example'}>",
                   "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
                   "Content-Transfer-Encoding: 8bit", *self.below]
        lines = hash_of(self.subject + self.sender) % 170
        talk = "".join(TALK[(n * n + lines) % len(TALK)] for n in range(lines))
        return ("\n".join(fields) + "\n\n" + self.body + talk).encode("utf-8", "surrogateescape")


def hash_of(text):
    """The same in every run."""
    number = 0
    for char in text:
        number = (number * 131 + ord(char)) % 10**12
    return number


def date(at, zone):
    offset = int(zone[:3]) * HOUR + int(zone[0] + zone[3:5]) * MINUTE
    return email.utils.formatdate(at + offset, localtime=False).replace("-0000", zone)


def queue_id(at, alphabet, count):
    number, text = int(at * 7919), ""
    for _ in range(count):
        number, digit = divmod(number * 31 + 17, len(alphabet))
        text += alphabet[digit]
    return text[:count]


# ---- Received fields, as their writers write them ----

def postfix(helo, name, address, by, ago=2, zone="+0000 (UTC)", protocol="ESMTPS"):
    return lambda now, to: (
        f"Received: from {helo} ({name} [{address}])\n\tby {by} (Postfix) with {protocol} id "
        f"{queue_id(now - ago, '0123456789ABCDEF', 10)}\n\tfor <{to}>; {date(now - ago, zone)}")


def base62(number, length):
    """Exim's way of writing the second that an id was made in: it must fit the date beside it."""
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    return "".join(digits[number // 62 ** place % 62] for place in reversed(range(length)))


def sendmail_stamp(when):
    """Sendmail's eight characters for a moment in UTC (sendmail/queue.c, assign_queueid): year,
    month, day, hour, minute and second in base 60, then a sequence."""
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    moment = time.gmtime(when)
    parts = ((moment.tm_year - 1900) % 60, moment.tm_mon - 1, *moment[2:6])
    return "".join(digits[part] for part in parts) + "0k"


def sendmail(helo, name, address, by, ago=3, zone="+0000"):
    return lambda now, to: (
        f"Received: from {helo} ({name} [{address}])\n\tby {by} (8.17.1/8.17.1) with ESMTP id "
        f"{sendmail_stamp(now - ago)}{queue_id(now - ago, '0123456789', 6)}\n\tfor <{to}>; {date(now - ago, zone)}")


def exim(helo, name, address, by, ago=2, zone="+0000", protocol="esmtpsa"):
    client = f"{name} ([{address}] helo={helo})" if name else f"[{address}] (helo={helo})"
    return lambda now, to: (
        f"Received: from {client}\n\tby {by} with {protocol} (TLS1.3) "
        f"tls TLS_AES_256_GCM_SHA384\n\t(Exim 4.96)\n\tid {base62(int(now - ago), 6)}-"
        f"{base62(int(now) % 3000, 6)}-2A\n\tfor {to};\n\t{date(now - ago, zone)}")


def forged_postfix(helo, name, address, by):
    """What a spammer pastes: no such queue id, no such date, a bracket too many, and the second of
    the Date field."""
    return lambda now, to: (
        f"Received: from {helo} ({name} [{address}])\n\tby {by} (Postfix) with ESMTPS id "
        f"8832099417326650\n\tfor <{to}>; {date(now - 4, '+0000')[:-5]}GMT)")


def does_not_designate(sender, address, by):
    return lambda now, to: (
        f"Received-SPF: fail ({by}: domain of {sender} does not designate {address} as permitted "
        f"sender)\n\tclient-ip={address}; envelope-from={sender}; helo=laptop;")


# ---- who hands over ----

SHOP = Client("out3.shop.example.com", "192.0.2.31", "out3.shop.example.com")
LIST = Client("lists.sailing.example.org", "192.0.2.44", "lists.sailing.example.org")
FRIEND = Client("mail.example.net", "192.0.2.58", "mail.example.net")
BULK = Client("m27.bulkpost.example", "192.0.2.127", "m27.bulkpost.example")
DOCK = Client("relay.dock.example", "192.0.2.66", "relay.dock.example")
BIGMAIL = Client("out7.bigmail.example", "192.0.2.77", "out7.bigmail.example")
WEBMAIL = Client("sonic.webmail.example", "192.0.2.90", "sonic.webmail.example")
BOTNET = Client("[192.0.2.201]", "192.0.2.201", "dyn-201.dsl.example.net")
BACKUP = Client("mx2.harbour.example", "203.0.113.12", "mx2.harbour.example")
OFFICE = Client("desk4", "203.0.113.130", "desk4.harbour.example", "kate")
STOLEN = Client("localhost", "192.0.2.233", "[UNAVAILABLE]", "peter")

BULK_MARKS = ("List-Unsubscribe: <https://bulkpost.example/u/4711>",
              "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
              "Feedback-ID: 4711:harbour:bulkpost", "Precedence: bulk")
OFFER = "Dear friend,\n\nthis is the offer you have waited for. http://pills.example/\n"
FORGED = (sendmail("smtp.bank.example", "dyn-44.dsl.example.net", "198.18.44.7",
                   "relay.dock.example"),
          forged_postfix("mail.bank.example", "mail.bank.example", "198.18.3.4",
                         "smtp.bank.example"))
DIALUP = (postfix("in4.bigmail.example", "in4.bigmail.example", "198.18.7.4",
                  "out7.bigmail.example", 1, "-0800 (PST)"),
          does_not_designate("press@council.example", "198.19.201.33", "in4.bigmail.example"),
          exim("laptop", "ppp-33.dialup.example.net", "198.19.201.33", "in4.bigmail.example", 3,
               "-0800", "esmtps"))

FORWARDED = "ann@harbour.example"  # becomes ann.lowe@homemail.example
SPREAD = (116, 92, 75, 53, 29, 18, 7, 2.5, 1.1)
SUBJECTS = ("Your order has been shipped", "Weekend fares to the islands", "Tide tables, week 47",
            "Invoice 20431", "Re: the broken mooring", "=?UTF-8?Q?Caf=C3=A9_opening_hours?=",
            "Minutes of the last meeting", "Your parcel is waiting", "Re: Re: birthday on Sunday")


def forwarded():
    """Rows 1 to 3: a user forwards all her mail to a provider that takes little of it."""
    for n, hours in enumerate(SPREAD):
        yield Mail(hours, SHOP, "bounce-7@shop.example.com", FORWARDED, SUBJECTS[n],
                   "The Shop <hello@shop.example.com>")
        yield Mail(hours, LIST, f"crew-bounces+ann={n}@sailing.example.org", FORWARDED,
                   f"[crew] {SUBJECTS[-n - 1]}", "Olga Brandt <olga@example.org>",
                   below=("List-Id: <crew.sailing.example.org>",))
        if n % 3 == 0:
            yield Mail(hours, BULK, f"b-{n}@bulkpost.example", FORWARDED, "Ten sails, half the price",
                       "Sails & More <deals@sails.example>", below=BULK_MARKS)
    for n, hours in enumerate((92, 53, 29, 7, 2.5, 1.1)):
        yield Mail(hours, BOTNET, f"offer{n}@pills.example", FORWARDED, f"RE: payment {n}31 overdue",
                   '"Harbour Support" <support@harbour.example>', body=OFFER)
    yield Mail(7, DOCK, "service@bank.example", FORWARDED, "Your account has been suspended",
               "Example Bank <security@bank.example>", FORGED,
               ("Reply-To: bank.desk@pills.example",), OFFER)
    for n, hours in enumerate((75, 29, 18, 2.5)):
        yield Mail(hours, FRIEND, "maria@example.net", "tom@harbour.example", SUBJECTS[n + 2],
                   "Maria Keller <maria@example.net>",
                   (exim("phone", "", "198.18.90.14", "mail.example.net", 2, "+0100"),))
    yield Mail(53, WEBMAIL, "luis@webmail.example", "tom@harbour.example", "Photos of the regatta",
               "Luis <luis@webmail.example>", below=("X-EIP: [3hVtKz0bq1xVn8oZ+fQm2QvGJ0d1]",))
    yield Mail(18, BIGMAIL, "press@council.example", "tom@harbour.example", "Statement of the mayor",
               "Council press office <press@council.example>", DIALUP)
    yield Mail(29, BACKUP, "quay@example.com", "tom@harbour.example", "Berth 14 from Monday",
               "Quay office <quay@example.com>",
               (postfix("smtp.example.com", "smtp.example.com", "192.0.2.19",
                        "mx2.harbour.example", 40 * MINUTE),))
    for n, hours in enumerate((18, 7, 1.1)):
        yield Mail(hours, BULK, f"news-{n}@bulkpost.example", "tom@harbour.example",
                   f"Harbour news {46 + n}", "Harbour News <news@sails.example>", below=BULK_MARKS)


def own():
    """What users here send, and what happens to it."""
    kate = "kate@harbour.example"
    for n, hours in enumerate((116, 75, 29, 7, 1.1, 0.5)):
        yield Mail(hours, OFFICE, kate, f"member{n}@postbox.example", f"Mooring fees, reminder {n}")
    for n in range(9):
        yield Mail((2.5, 1.1, 0.5)[n % 3], STOLEN, "peter@harbour.example",
                   f"x{n}.{'abc'[n % 3]}@lilac.example", "=?UTF-8?B?8J+SsCBZb3Ugd29uIQ==?=",
                   "Lottery <win@lottery.example>", body=OFFER)
    yield Mail(0.5, OFFICE, kate, "head@school.example", "Sailing lessons in May")
    yield Mail(0.2, OFFICE, kate, "office@school.example secretary@school.example", "Summer camp")
    for n, hours in enumerate((92, 53, 7)):
        yield Mail(hours, OFFICE, kate, f"old{n}@club.example", "Annual meeting",
                   body="Agenda attached.\n" * 9000)
    for n, hours in enumerate((53, 18, 2.5)):
        yield Mail(hours, OFFICE, kate, f"yard{n}@shipyard.example", f"Crane booking {n}")
    yield Mail(29, OFFICE, kate, "desk@pier.example info@pier.example", "Tickets")
    yield Mail(2.5, OFFICE, kate, "crew@pier.example", "Timetable")
    for n, hours in enumerate((75, 18, 1.1)):
        yield Mail(hours, OFFICE, kate, f"clerk{n}@council.example", f"Permit {880 + n}")
    yield Mail(18, OFFICE, kate, "doctor@clinic.example", "First aid course")
    yield Mail(1.1, OFFICE, kate, "nurse@clinic.example", "Re: First aid course")
    yield Mail(7, OFFICE, kate, "desk@surgery.example", "List of participants")
    yield Mail(2.5, OFFICE, kate, "curator@museum.example guide@museum.example", "Old charts")
    yield Mail(7, OFFICE, kate, "box@theatre.example", "Seats for \x1b[31mtwelve\x1b[0m \x1b]0;owned\x07",
               "Kate \u202emoc.elpmaxe\u202c <kate@harbour.example>")
    yield Mail(18, OFFICE, kate, "flour@bakery.example", "Rolls for Saturday")
    yield Mail(2.5, OFFICE, kate, "duty@customs.example", "Arrival of SY Petrel")
    yield Mail(1.1, OFFICE, kate, "fax@fax.example", "Weather fax")
    yield Mail(7, OFFICE, kate, "ops@yard.example stock@yard.example", "Paint, two drums")
    yield Mail(18, OFFICE, "held@harbour.example", "all@club.example", "To all members (check first)")
    yield Mail(29, SHOP, "orders@lilac.example", "lost@gone.harbour.example", "Your order 5512",
               "Orders <orders@lilac.example>")  # bounces to a host that takes nothing


def received():
    """What the office's own mailbox got."""
    for n, mail in enumerate((*forwarded(), *own())):
        if mail.client is not OFFICE and mail.client is not STOLEN and n % 3 == 0 or mail.above:
            yield dataclasses.replace(mail, to="office@harbour.example")


def everything():
    return [*forwarded(), *own(), *received()]
