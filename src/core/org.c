/* SPDX-License-Identifier: ISC */
/* Organisations: the public suffix list's registrable domain, after the alias table. */
#include "hopq/org.h"
#include <glib.h>
#include <libpsl.h>
#include <string.h>

enum { LONGEST = 255 };

static const struct alias {
    const char *name;
    const char *org;
} aliases[] = {
#define ALIAS(name, org) {name, org},
#include "org_aliases.def"
#undef ALIAS
};

static psl_ctx_t *suffixes; /* for the life of the process */

void hq_org_init(void)
{
    if (!suffixes)
        suffixes = psl_latest(NULL);
}

bool hq_domain_is_below(const char *domain, size_t n, const char *parent)
{
    size_t length = strlen(parent);

    return n >= length && memcmp(domain + n - length, parent, length) == 0 &&
           (n == length || domain[n - length - 1] == '.');
}

/* Without the list: the last two labels are the best guess. */
static const char *last_two_labels(const char *host)
{
    const char *last = strrchr(host, '.');

    if (!last)
        return NULL;
    const char *before = memrchr(host, '.', (size_t)(last - host));
    return before ? before + 1 : host;
}

/* A host name has letters; "192.0.2.1" and "2002:a05::1" have no organisation. */
static bool is_name(const char *host)
{
    bool letters = false;

    for (; *host; host++) {
        if (g_ascii_isalpha(*host))
            letters = true;
        else if (!g_ascii_isdigit(*host) && !strchr(".-_", *host))
            return false;
    }
    return letters;
}

/* HOST in lower case without final dots; false: it is no name of an organisation. */
static bool normalise(const char *host, char name[LONGEST + 1])
{
    size_t n = host ? strlen(host) : 0;

    while (n && host[n - 1] == '.')
        n--;
    if (n == 0 || n > LONGEST)
        return false;
    for (size_t i = 0; i < n; i++)
        name[i] = g_ascii_tolower(host[i]);
    name[n] = '\0';
    return is_name(name) && strchr(name, '.');
}

/* The registrable domain of a normalised NAME. */
static char *registrable(const char *name, char buf[256])
{
    const char *org = suffixes ? psl_registrable_domain(suffixes, name) : last_two_labels(name);

    if (org)
        memcpy(buf, org, strlen(org) + 1);
    return buf;
}

char *hq_org_listed(const char *host, char buf[256])
{
    char name[LONGEST + 1];

    buf[0] = '\0';
    return normalise(host, name) ? registrable(name, buf) : buf;
}

char *hq_org_domain(const char *host, char buf[256])
{
    char name[LONGEST + 1];

    buf[0] = '\0';
    if (!normalise(host, name))
        return buf;
    size_t n = strlen(name);
    for (size_t i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (hq_domain_is_below(name, n, aliases[i].name))
            return memcpy(buf, aliases[i].org, strlen(aliases[i].org) + 1);
    }
    return registrable(name, buf);
}

bool hq_org_same(const char *host_a, const char *host_b)
{
    char a[256];
    char b[256];

    return hq_org_domain(host_a, a)[0] && strcmp(a, hq_org_domain(host_b, b)) == 0;
}
