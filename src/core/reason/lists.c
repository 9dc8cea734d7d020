/* SPDX-License-Identifier: ISC */
/* Words of replies that are treated apart: the names of block lists, and courtesies. */
#include "parts.h"

/* The N bytes at S begin with WORDS, in any case. Nearly all differ in the first byte, so no call
 * is made. */
static inline bool begins(const char *s, size_t n, const char *words)
{
    size_t i = 0;

    while (i < n && words[i] && hq_lower(s[i]) == words[i])
        i++;
    return !words[i];
}

/* Which letters may follow which at the start of an entry: rules out nearly every place of a text.
 * Entries begin with two lower-case letters. */
struct starts {
    uint32_t second[26];
};

static unsigned letter(char c)
{
    c = hq_lower(c);
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') : 26;
}

static void add_start(struct starts *starts, const char *words)
{
    starts->second[letter(words[0])] |= 1u << letter(words[1]);
}

static inline bool may_start(const struct starts *starts, const char *s)
{
    unsigned first = letter(s[0]);

    return first < 26 && starts->second[first] >> letter(s[1]) & 1;
}

bool hq_words_name_list(const char *s, size_t n)
{
    static const char *const operators[] = {"spamhaus",
                                            "spamcop",
                                            "sorbs",
                                            "barracuda",
                                            "uceprotect",
                                            "surbl",
                                            "uribl",
                                            "dnsbl",
                                            "rbl",
                                            "dnswl",
                                            "invaluement",
                                            "spamrats",
                                            "abusix",
                                            "mailspike",
                                            "senderscore",
                                            "sendergenomics",
                                            "cloudmark",
                                            "senderbase",
                                            "talosintelligence",
                                            "trustedsource",
                                            "abuseat",
                                            "njabl",
                                            "psbl",
                                            "junkemailfilter",
                                            "hostkarma",
                                            "backscatterer",
                                            "truncate",
                                            "blocklist",
                                            "blacklist",
                                            "proofpoint",
                                            "spamcannibal",
                                            "ipcheck",
                                            "openspf",
                                            "policyd"};
    static struct starts starts;
    static gsize once;
    if (g_once_init_enter(&once)) {
        for (unsigned i = 0; i < G_N_ELEMENTS(operators); i++)
            add_start(&starts, operators[i]);
        g_once_init_leave(&once, 1);
    }
    for (size_t at = 0; at + 1 < n; at++)
        for (unsigned i = 0; may_start(&starts, s + at) && i < G_N_ELEMENTS(operators); i++)
            if (begins(s + at, n - at, operators[i]))
                return true;
    return false;
}

void hq_words_drop_courtesies(struct hq_words *words)
{
    static const char *const courtesies[] = {
        " to best protect our users from spam and phishing",
        " to best protect our users from spam",
        " to protect our users from spam",
        " to protect our users",
        " to reduce the amount of spam sent to",
        " to prevent spam",
        " to fight spam",
        " email sender guidelines",
        " bulk sender guidelines",
        " sender guidelines",
        " for more information",
        " please contact your email service provider",
        " contact your email administrator",
        " contact your administrator",
        " contact the administrator",
        " contact your system administrator",
        " closing connection",
        " closing transmission channel",
    };
    static struct starts starts;
    static gsize once;
    if (g_once_init_enter(&once)) {
        for (unsigned i = 0; i < G_N_ELEMENTS(courtesies); i++)
            add_start(&starts, courtesies[i] + 1);
        g_once_init_leave(&once, 1);
    }
    char *out = words->text;
    const char *end = words->text + words->n;
    for (const char *s = words->text; *s;) {
        bool possible = *s == ' ' && may_start(&starts, s + 1);
        size_t n = 0;
        for (unsigned i = 0; possible && n == 0 && i < G_N_ELEMENTS(courtesies); i++)
            if (begins(s, (size_t)(end - s), courtesies[i]))
                n = strlen(courtesies[i]);
        if (n == 0)
            *out++ = *s++;
        s += n;
    }
    *out = 0;
    words->n = (size_t)(out - words->text);
}
