# SPDX-License-Identifier: ISC
"""pyspf 2.0.14 with what it does otherwise than RFC 7208 mended, each mend under a name. What is
left when all are in force is the RFC's word, and hopq has to agree with it."""
import ipaddress
import re

# ---- the grammar of section 12, as regular expressions ----

MACRO = r"(?:%%(?:\{[%s](?:0*[1-9][0-9]*)?r?[-.+,/_=]*\}|[%%_-]))"  # digits: section 7.3
EXPAND = MACRO % "slodiphv"
LITERAL = r"[\x21-\x24\x26-\x7e]"
MACRO_STRING = f"(?:{EXPAND}|{LITERAL})*"
TOPLABEL = "(?:[0-9a-z]*[a-z][0-9a-z]*|[0-9a-z]+-[0-9a-z-]*[0-9a-z])"
DOMAIN_SPEC = rf"{MACRO_STRING}(?:\.{TOPLABEL}\.?|{EXPAND})"
NUMBER = "(?:0|[1-9][0-9]*)"
FLAGS = re.ASCII | re.IGNORECASE
EXPLANATION = re.compile(f"(?:{MACRO % 'slodiphcrtv'}|{LITERAL}| )*", FLAGS)
MODIFIER = re.compile(f"([a-z][-a-z0-9_.]*)=(.*)", FLAGS)
MECHANISM = re.compile(
    rf"[-+?~]?(?:all|include:{DOMAIN_SPEC}|exists:{DOMAIN_SPEC}|ptr(?::{DOMAIN_SPEC})?"
    rf"|(?:a|mx)(?::{DOMAIN_SPEC})?(?:/(?P<a4>{NUMBER}))?(?://(?P<a6>{NUMBER}))?"
    rf"|ip4:(?P<ip4>[0-9.]+)(?:/(?P<n4>{NUMBER}))?|ip6:(?P<ip6>[0-9a-f:.]+)(?:/(?P<n6>{NUMBER}))?)",
    FLAGS)


def is_address(kind, text):
    try:
        return kind(text) is not None
    except ValueError:
        return False


def is_mechanism(term):
    found = MECHANISM.fullmatch(term)
    return found is not None and \
        all(int(found[name] or 0) <= 32 for name in ("a4", "n4")) and \
        all(int(found[name] or 0) <= 128 for name in ("a6", "n6")) and \
        (found["ip4"] is None or is_address(ipaddress.IPv4Address, found["ip4"])) and \
        (found["ip6"] is None or is_address(ipaddress.IPv6Address, found["ip6"]))


def is_record(text):
    names = []
    for term in text.split(" ")[1:]:
        modifier = MODIFIER.fullmatch(term)
        if modifier:
            names.append(modifier[1].lower())
            spec = DOMAIN_SPEC if names[-1] in ("redirect", "exp") else MACRO_STRING
            if not re.fullmatch(spec, modifier[2], FLAGS):
                return False
        elif term and not is_mechanism(term):
            return False
    return names.count("redirect") < 2 and names.count("exp") < 2


# ---- the mends ----


def corrected(spf):
    spf.RE_INVALID_MACRO = re.compile("(?!)")  # takes a final "%%" for half a macro; see is_record()

    class Corrected(spf.query):
        """A query of pyspf, mended."""

        def __init__(self, *words, **options):
            super().__init__(*words, **options)
            # Section 4.3: only a zero-length label that is not at the end makes a domain malformed.
            if self.o.endswith("."):
                self.o = self.d = self.o[:-1]
                self.s = self.s[:-1]
            # RFC 5321 section 4.1.2: the domain is behind the last at sign.
            if "@" in self.o:
                local, self.o = self.o.rsplit("@", 1)
                self.d, self.l = self.o, f"{self.l}@{local}"

        def check0(self, text, recursion):
            if text and not is_record(text):  # section 4.6
                raise spf.PermError("grammar")
            return super().check0(text, recursion)

        def validate_mechanism(self, term):
            """Section 5.2: that an include leads back here matters when it is come to."""
            domain = self.d
            if term.lstrip("+-?~").lower().startswith("include:"):
                self.d, saved = domain + "..", domain
                try:
                    return super().validate_mechanism(term)
                finally:
                    self.d = saved
            return super().validate_mechanism(term)

        def dns_mx(self, name):
            """Section 5.4 does not say whether hosts are looked up after one that matches."""
            hosts = self.dns(name, "MX")
            if len(hosts) > spf.MAX_MX:
                raise spf.PermError("MX")
            return (address for host in hosts for address in self.dns_a(host[1], self.A))

        def validated_ptrs(self):
            """Section 5.5: DNS errors are passed over."""
            try:
                names = self.dns_ptr(self.i)[:spf.MAX_PTR]
            except spf.TempError:
                return []
            return [name for name in names if self.is_mine(name)]

        def is_mine(self, name):
            try:
                return self.cidrmatch(self.dns_a(name, self.A), self.cidrmax)
            except spf.TempError:
                return False

        def cidrmatch(self, addresses, length):
            """One at a time, for dns_mx()."""
            matches = super().cidrmatch
            return any(matches([address], length) for address in addresses)

        def dns(self, name, kind, cnames=None, ignore_void=False):
            """Section 4.6.4: a question is void once, not again for each CNAME on the way."""
            labels = name.rstrip(".").split(".") if name != "." else []
            if not all(0 < len(label) < 64 for label in labels) or len(name) > 253:
                return []
            result = super().dns(name, kind, cnames, True)
            if not result and cnames is None and not ignore_void:
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError("void")
            return result

        def getp(self):
            """The same section: what is limited is terms, and the macro is none. Here it is even
            asked for terms, exp= and unknown modifiers that are not come to."""
            saved, self.void_lookups = self.void_lookups, -1000
            try:
                return super().getp()
            finally:
                self.void_lookups = saved

        def get_explanation(self, spec):
            """Section 6.2: what is no explain-string is as if it were not there."""
            texts = self.dns_txt(spec, ignore_void=True)
            if len(texts) == 1 and EXPLANATION.fullmatch(texts[0].decode("latin-1")):
                return self.expand(texts[0].decode(), stripdot=False)
            return None
    return Corrected
