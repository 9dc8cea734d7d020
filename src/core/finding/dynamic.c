/* SPDX-License-Identifier: ISC */
/* Reverse names of dial-up and other access lines: made from the address, or with the words that
 * access providers use (the forms of SpamAssassin's 20_dynrdns.cf and names seen in mail). Words of
 * servers and static lines speak against it. */
#include "parts.h"
#include <glib.h>
#include <string.h>

enum { MOST_NUMBERS = 16 };

struct parts {
    int numbers[MOST_NUMBERS]; /* runs of figures; -1: too long for a part of an address */
    unsigned count;
    bool line;   /* a word of access lines */
    bool server; /* a word of servers */
    bool words;  /* an address is no name */
};

static bool is_word(const char *s, size_t n, const char *const *words)
{
    for (; *words; words++) {
        if (strlen(*words) == n && g_ascii_strncasecmp(s, *words, n) == 0)
            return true;
    }
    return false;
}

static void note_word(struct parts *parts, const char *s, size_t n, bool host)
{
    static const char *const lines[] = {
        "dyn",   "dynamic",   "dynip", "dhcp", "dial",     "dialin",   "dialup", "dip",  "ppp",
        "pppoe", "pool",      "pools", "adsl", "dsl",      "xdsl",     "vdsl",   "hsd",  "cable",
        "catv",  "broadband", "cpe",   "pcp",  "cust",     "customer", "client", "user", "modem",
        "tnt",   "isdn",      "gprs",  "umts", "lte",      "docsis",   "ftth",   "fttx", "res",
        "wlan",  "mobile",    "dup",   "slip", "dynamics", NULL};
    static const char *const servers[] = {"static",
                                          "sta",
                                          "fixed",
                                          "mail",
                                          "smtp",
                                          "mx",
                                          "mta",
                                          "relay",
                                          "out",
                                          "outbound",
                                          "mailout",
                                          "server",
                                          "srv",
                                          "vps",
                                          "dedicated",
                                          "colo",
                                          "hosting",
                                          "biz",
                                          "business",
                                          "compute",
                                          "cloud",
                                          "googleusercontent",
                                          "linodeusercontent",
                                          NULL};

    parts->words = true;
    if (is_word(s, n, servers))
        parts->server = true;
    else if (host && is_word(s, n, lines))
        parts->line = true;
}

static void note_number(struct parts *parts, const char *s, size_t n)
{
    int value = 0;

    if (parts->count == MOST_NUMBERS)
        return;
    for (size_t i = 0; i < n && n <= 3; i++)
        value = value * 10 + (s[i] - '0');
    parts->numbers[parts->count++] = n <= 3 ? value : -1;
}

/* Cuts NAME to runs of letters and of figures. The words in the last two labels are the provider's
 * own name. */
static void cut(const char *name, struct parts *parts)
{
    const char *last = strrchr(name, '.');
    const char *host_end = last ? memrchr(name, '.', (size_t)(last - name)) : NULL;

    for (const char *p = name; *p;) {
        const char *start = p;

        while (g_ascii_isalpha(*p))
            p++;
        if (p > start)
            note_word(parts, start, (size_t)(p - start), host_end && start < host_end);
        const char *figures = p;
        while (g_ascii_isdigit(*p))
            p++;
        if (p > figures)
            note_number(parts, figures, (size_t)(p - figures));
        else if (p == start)
            p++;
    }
}

/* The four parts of the address one behind the other, forwards or backwards. */
static bool spells_address(const struct parts *parts, const uint8_t *ip)
{
    for (unsigned i = 0; i + 4 <= parts->count; i++) {
        const int *n = parts->numbers + i;

        if ((n[0] == ip[0] && n[1] == ip[1] && n[2] == ip[2] && n[3] == ip[3]) ||
            (n[0] == ip[3] && n[1] == ip[2] && n[2] == ip[1] && n[3] == ip[0]))
            return true;
    }
    return false;
}

static bool has_hex(const char *name, const uint8_t *ip)
{
    char hex[9];

    g_snprintf(hex, sizeof hex, "%02x%02x%02x%02x", ip[0], ip[1], ip[2], ip[3]);
    for (; *name; name++) {
        if (g_ascii_strncasecmp(name, hex, 8) == 0)
            return true;
    }
    return false;
}

bool hq_finding_looks_dynamic(const char *name, const struct hq_ip *ip)
{
    struct parts parts = {0};

    if (!name || strlen(name) > 255)
        return false;
    cut(name, &parts);
    if (parts.server || !parts.words)
        return false;
    return (parts.line && parts.count) ||
           (ip->family == 4 && (spells_address(&parts, ip->bytes) || has_hex(name, ip->bytes)));
}
