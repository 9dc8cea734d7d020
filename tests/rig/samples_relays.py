# SPDX-License-Identifier: ISC
"""The mail servers of the samples' world: who they are, and how they refuse."""
import socketserver
import threading
import types

NETWORK = "198.51.100."
OUR_ADDRESS = "203.0.113.7"
SPAM = "pills"  # a word in the envelope sender by which they know spam

# Domain, host, transport, replies as (step, word in the sender, reply); the first that fits is
# given, {} is the address in the command. Without replies nothing listens there.
RELAYS = [
    ("homemail.example", "mx.bt.lon5.cpcloud.co.uk", "soft", [
        ("end", SPAM, "554 Message rejected, policy (3.2.1.1) - Your message looks like SPAM or "
                      "has been reported as SPAM"),
        ("mail", SPAM, "250 2.1.0 Ok"),
        ("mail", "", f"421 Too many messages (1.5.6.1) from {OUR_ADDRESS}"),
    ]),
    ("bluebox.example", "gmail-smtp-in.l.google.com", "soft", [
        ("end", "news", f"421-4.7.28 Our system has detected an unusual rate of unsolicited mail "
                        f"originating from\r\n421-4.7.28 your IP address {OUR_ADDRESS}. To protect "
                        "our users from spam, mail sent from it has\r\n421 4.7.28 been temporarily "
                        "rate limited. 4fb4d7f45d1cf.42 - gsmtp"),
        ("end", "", "550-5.7.26 Your email has been blocked because the sender is unauthenticated."
                    "\r\n550-5.7.26 Authentication results: DKIM = did not pass, SPF with ip: "
                    f"[{OUR_ADDRESS}] = did not pass\r\n550 5.7.26 4fb4d7f45d1cf.43 - gsmtp"),
    ]),
    ("postbox.example", "hotmail-com.olc.protection.outlook.com", "soft", [
        ("mail", "", f"550 5.7.1 Unfortunately, messages from [{OUR_ADDRESS}] weren't sent. Please "
                     "contact your Internet service provider since part of their network is on "
                     "our block list (S3150)."),
    ]),
    ("yard.example", "yard-example.mail.protection.outlook.com", "smtp", [
        ("rcpt", "", f"451 4.7.500 Server busy. Please try again later from [{OUR_ADDRESS}]. "
                     "(AS77713)"),
    ]),
    ("lilac.example", "mta5.am0.yahoodns.net", "smtp", [
        ("greeting", "", f"421 4.7.0 [TSS04] Messages from {OUR_ADDRESS} temporarily deferred due "
                         "to unexpected volume or user complaints - 4.16.55.1"),
    ]),
    ("school.example", "mx.school.example", "smtp", [
        ("rcpt", "", "450 4.2.0 <{}>: Recipient address rejected: Greylisted for 300 seconds"),
    ]),
    ("club.example", "mx.club.example", "smtp", [
        ("rcpt", "", "452 4.2.2 <{}>: Mailbox full, over quota"),
    ]),
    ("council.example", "mx1.council.example", "soft", [
        ("rcpt", "", f"554 5.7.1 Service unavailable; Client host [{OUR_ADDRESS}] blocked using "
                     f"zen.spamhaus.org; https://www.spamhaus.org/query/ip/{OUR_ADDRESS}"),
    ]),
    ("clinic.example", "mx.clinic.example", "smtptls", [("starttls", "", "garbage")]),
    ("surgery.example", "mx.surgery.example", "smtptls", [
        ("starttls", "", "454 4.7.0 TLS not available: no shared cipher"),
    ]),
    ("museum.example", "mx.museum.example", "smtp", [
        ("end", "", "451 4.3.0 Error: queue file write error"),
    ]),
    ("theatre.example", "mx.theatre.example", "smtp", [
        ("rcpt", "", "451 4.3.5 \x1b[2J\x1b]0;owned\x07\x1b[31mserver\x1b[0m configuration problem"),
    ]),
    ("bakery.example", "mx.bakery.example", "smtp", [
        ("rcpt", "", "450 4.1.1 <{}>: Recipient address rejected: unverified address: user unknown"),
    ]),
    ("gone.example", "mx.gone.example", "smtp", [
        ("rcpt", "", "550 5.1.1 <{}>: Recipient address rejected: User unknown"),
    ]),
    ("customs.example", "mail.customs.example", "soft", [
        ("mail", "", "530 5.7.0 Authentication required"),
    ]),
    ("island.example", "mx.island.example", "stuck", [("greeting", "", "hang")]),
    ("shipyard.example", "mail.shipyard.example", "smtp", []),
]


def address(row):
    return NETWORK + str(11 + row)


def routes():
    """Lines of the transport table."""
    lines = [f"{domain} {transport}:[{host}]" for domain, host, transport, _ in RELAYS]
    return lines + ["pier.example smtpdns:", "fax.example fax:"]


def start():
    """All that listen, on port 25 of an address each."""
    import sink

    class Conversation(sink.Conversation):
        """Refuses by the sender too: "way" is this conversation's own."""

        def setup(self):
            super().setup()
            server = self.server
            self.sender = ""
            self.replies = server.replies
            self.server = types.SimpleNamespace(way={"offers": server.offers},
                                                stopping=server.stopping)

        def act(self, step, address="", kindly="250 2.0.0 Ok"):
            if step == "mail":
                self.sender = address
            fitting = [reply for at, word, reply in self.replies
                       if at == step and word in self.sender]
            self.server.way[step] = fitting[0] if fitting else kindly
            return super().act(step, address, kindly)

    for row, (_, _, transport, replies) in enumerate(RELAYS):
        if not replies:
            continue
        server = Server((address(row), 25), Conversation)
        server.replies = replies
        server.offers = ["STARTTLS"] if transport == "smtptls" else []
        server.stopping = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        """Clients that go away are none of our errors."""


if __name__ == "__main__":
    print("127.0.0.1 localhost")
    for number, (_, name, _, _) in enumerate(RELAYS):
        print(address(number), name)
