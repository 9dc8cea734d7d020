# SPDX-License-Identifier: ISC
"""Random zones with SPF records, sound and broken, and checks in them: the same ones for the same
seed. Names, addresses and limits are few and close together, so that things meet."""
import random

DOMAINS = [f"d{i}.test" for i in range(6)]
HOSTS = [f"h{i}.{domain}" for domain in DOMAINS[:3] for i in range(3)]
NOWHERE = ["gone.test", "no.d0.test", "x.y.z.test"]
FAILING = ["error.test", "error.d1.test"]
FOUR = ["192.0.2.1", "192.0.2.2", "192.0.2.130", "192.0.3.1", "198.51.100.77", "127.0.0.1"]
SIX = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "3fff:1::a", "::1"]
LOCALS = ["u", "first.last", "a+b-c", "x_y=z", "\"q s\"", "A.B", "%d", "a/b"]
HELOS = ["d0.test", "h1.d1.test", "[192.0.2.1]", "localhost", "gone.test", "d2.test."]
MACROS = ["%{d}", "%{s}", "%{l}", "%{o}", "%{i}", "%{ir}.%{v}", "%{h}", "%{d2}", "%{d1r}", "%{lr-}",
          "%{l-}", "%{dr}", "%{o1}", "%{s2r}", "%{l1r+-}", "%{D2}", "%{L}", "%{p}", "%{i2r}",
          "%{d99}", "%{l,=_/}", "%{I}", "%{v}", "%{hr}", "%%", "%_", "%-", "%{S}"]
# Not macros, or not everywhere.
ODD_MACROS = ["%{t}", "%{c}", "%{r}", "%{x}", "%{d0}", "%{d", "%", "%{}", "%(d)", "%{ir2}", "%{dr2}", "%{d2rr}",
              "%{d.x}", "%{d-.+}", "%a", "%{-d}", "%{d 2}", "%{%d}"]
ODD_TERMS = ["all:d0.test", "-all/24", "ip4", "ip4:", "ip4:192.0.2", "ip4:192.0.2.1/33",
             "ip4:192.0.2.01", "ip4:192.0.2.1/", "ip4:192.0.2.1/08", "ip4:192.0.2.1//32",
             "ip4:::1", "ip4:256.0.0.1", "ip6:", "ip6:2001:db8::1/129", "ip6:192.0.2.1",
             "ip6:2001:db8::1//64", "ip6:2001::db8::1", "ip6:::ffff:192.0.2.1", "ip6:::",
             "ip6:1:2:3:4:5:6:7:8:9", "ip6:2001:db8::g", "ip6:[2001:db8::1]", "ip6:2001:db8::1%e",
             "ip6:0:0:0:0:0:FFFF:192.0.2.1/96", "include", "include:", "include:d0.test/24",
             "exists", "exists:", "exists:d0.test/24", "ptr:", "ptr/24", "a:", "a:/24", "a/", "a//",
             "a/24/64", "a///64", "a/024", "a/0", "a//0", "a/0//0", "a/33", "a//129", "mx:", "mx/-1",
             "a:192.0.2.1", "a:d0", "a:d0.test..", "a:.d0.test", "a:d0..test", "a:d0.-test",
             "a:d0.test-", "a:d0.1", "a:d0.te_st", "a:h0_x.d0.test", "a: ", "a:d0.test.", "A:D0.TEST",
             "redirect=", "redirect=d0", "exp=", "exp=d0", "exp", "redirect:d0.test", "redirect",
             "foo", "foo:bar", "foo=bar", "foo=", "=bar", "f.o-o_1=%{d}", "1foo=bar", "foo=%{t}",
             "foo=%{z}", "foo=a b", "+foo=bar", "-redirect=d0.test", "++all", "-+all", "all.", "all=",
             "ALL", "al", "+", "-", "-a:d0.test:25", "a,", "ptr.d0.test", "v=spf1", "default=pass",
             "op=trusted", "a=b=c", "ip:192.0.2.1", "ipv4:192.0.2.1", "192.0.2.1", "\t-all",
             "mx:d0.test/24//64x", "exists:%{i}._d.d0.test", "exists:a.d0.test.%{d}",
             "include:%{d}", "redirect=%{d}", "exists:%{l}", "exists:_spf.%", "\x7fall"]


class Scenario:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.odd = self.random.random() < 0.35  # broken grammar apart, or little else is reached
        self.zone = {}
        for domain in DOMAINS:
            self.fill_domain(domain)
        for host in HOSTS:
            self.fill_host(host)
        self.fill_reverse()
        self.tests = [self.test(number) for number in range(8)]

    def pick(self, *lists):
        return self.random.choice(self.random.choice(lists))

    def chance(self, share):
        return self.random.random() < share

    def add(self, owner, kind, **data):
        self.zone.setdefault(owner.lower(), []).append({"type": kind, **data})

    # ---- the zone ----

    def alias(self, name):
        """Chains, but no loops: what a resolver makes of those is its own."""
        names = DOMAINS + HOSTS
        self.add(name, "CNAME", value=self.pick(names[names.index(name) + 1:] or NOWHERE, NOWHERE))

    def fill_domain(self, domain):
        if self.chance(0.03):
            return self.alias(domain)
        for _ in range(self.random.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 2) if self.odd else (1,))):
            self.add_text(domain, self.record())
        if self.chance(0.2):
            self.add_text(domain, self.pick(["v=spf10 -all", "other", "v=spf1-all", "\xe4\xf6"]))
        self.add_text("why." + domain, self.explanation())
        if self.chance(0.05):
            self.add_text("why." + domain, "another")
        for _ in range(self.random.choice((0, 1, 2, 3, 11 if self.chance(0.2) else 1))):
            target = self.pick(HOSTS, HOSTS, HOSTS, NOWHERE, FAILING) if self.chance(0.4) \
                else self.pick(HOSTS)
            self.add(domain, "MX", pref=self.random.randrange(3) * 10, value=target)
        self.fill_host(domain)
        return None

    def fill_host(self, host):
        shape = self.random.random()
        if shape < 0.06 and host.lower() not in self.zone:
            return self.alias(host)
        if shape < 0.10:
            return self.add(host, self.pick(["A", "AAAA", "*"]), timeout=True)
        for _ in range(self.random.randrange(3)):
            self.add(host, "A", value=self.random.choice(FOUR))
        for _ in range(self.random.randrange(2)):
            self.add(host, "AAAA", value=self.random.choice(SIX))
        return None

    def fill_reverse(self):
        for ip in FOUR[:3]:
            name = ".".join(reversed(ip.split("."))) + ".in-addr.arpa"
            if self.chance(0.1):
                self.add(name, "PTR", timeout=True)
                continue
            for _ in range(self.random.choice((0, 1, 1, 2, 12 if self.chance(0.2) else 2))):
                self.add(name, "PTR", value=self.pick(HOSTS, HOSTS, DOMAINS, NOWHERE))

    def add_text(self, owner, text):
        """As one string or cut anywhere; longer ones than 255 bytes have to be."""
        cut = self.random.randrange(len(text) + 1) if self.chance(0.2) else 200
        self.add(owner, "TXT", strings=[text[:cut]] + [text[i:i + 200]
                                                       for i in range(cut, len(text), 200)])

    # ---- records ----

    def macro_domain(self):
        parts = [self.pick(MACROS, ODD_MACROS) if self.odd and self.chance(0.1)
                 else self.pick(MACROS) for _ in range(self.random.choice((1, 1, 2)))]
        tail = self.pick(["d0.test", "list.d1.test", "%{d}", "%{o}", "test", "d2.test."])
        return ".".join([*parts, tail])

    def domain(self):
        shape = self.random.random()
        if shape < 0.12:
            return self.macro_domain()
        if shape < 0.22:
            return self.pick(NOWHERE, FAILING, NOWHERE)
        name = self.pick(DOMAINS, HOSTS)
        return name.upper() if self.chance(0.05) else name

    def prefix(self, six):
        return self.random.choice((0, 1, 48, 64, 127, 128) if six else (0, 1, 8, 24, 25, 31, 32))

    def cidr(self):
        return self.random.choice(("", "", f"/{self.prefix(False)}", f"//{self.prefix(True)}",
                                   f"/{self.prefix(False)}//{self.prefix(True)}"))

    def mechanism(self):
        kind = self.random.choice(("ip4", "ip4", "ip6", "a", "a", "mx", "mx", "include", "include",
                                   "exists", "ptr", "all" if self.chance(0.15) else "a"))
        if kind in ("ip4", "ip6"):
            ip = self.random.choice(SIX if kind == "ip6" else FOUR)
            return f"{kind}:{ip}" + (f"/{self.prefix(kind == 'ip6')}" if self.chance(0.5) else "")
        if kind in ("include", "exists"):
            return f"{kind}:{self.pick(DOMAINS) if kind == 'include' and self.chance(0.7) else self.domain()}"
        if kind == "all":
            return kind
        return kind + (f":{self.domain()}" if self.chance(0.6) else "") + \
            (self.cidr() if kind != "ptr" else "")

    def term(self):
        if self.odd and self.chance(0.06):
            return self.random.choice(ODD_TERMS)
        text = self.random.choice(("", "", "", "+", "-", "~", "?")) + self.mechanism()
        return text.upper() if self.chance(0.03) and "%" not in text else text

    def record(self):
        terms = [self.term() for _ in range(self.random.choice((0, 1, 2, 2, 3, 3, 4, 5, 12)))]
        if self.chance(0.6):
            terms.append(self.random.choice(("-all", "-all", "~all", "?all", "+all", "all")))
        for share, modifier in ((0.25, f"redirect={self.pick(DOMAINS, NOWHERE)}"),
                                (0.35, f"exp=why.{self.pick(DOMAINS)}"),
                                (0.03, f"exp={self.domain()}"),
                                (0.03 if self.odd else 0, "redirect=d1.test"),
                                (0.05, f"moo={self.pick(MACROS)}")):
            if self.chance(share):
                terms.insert(self.random.randrange(len(terms) + 1), modifier)
        space = "  " if self.chance(0.05) else " "
        return space.join(["v=spf1" if self.chance(0.95) else "V=SPF1", *terms]) + \
            (" " if self.chance(0.05) else "")

    def explanation(self):
        words = [self.pick(MACROS, ["%{c}", "%{r}"], ["plain", "is not", "a.b"])
                 for _ in range(self.random.randrange(1, 5))]
        if self.odd and self.chance(0.2):
            words.append(self.pick(ODD_MACROS, ["\xe9"]))
        return self.random.choice((" ", "", ".")).join(words)

    # ---- checks ----

    def test(self, number):
        host = self.pick(FOUR, FOUR, SIX)
        if self.chance(0.05):
            host = "::ffff:" + self.random.choice(FOUR)
        sender = f"{self.random.choice(LOCALS)}@{self.pick(DOMAINS)}"
        odd = self.random.random()
        if odd < 0.05:
            sender = ""
        elif odd < 0.10:
            sender = self.pick(["@d0.test", "d1.test", "u@", "u@gone.test", "u@d0.test.", "u@error.test",
                                "u@localhost", "u@[192.0.2.1]", "u@D2.TEST", "u@v@d3.test",
                                "u@d0..test", "u@" + "a" * 64 + ".d0.test"])
        return {"id": str(number), "host": host, "mailfrom": sender,
                "helo": self.random.choice(HELOS)}

    def as_json(self):
        return {"zone": self.zone, "tests": self.tests}
