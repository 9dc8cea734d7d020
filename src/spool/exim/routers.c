/* SPDX-License-Identifier: ISC */
/* The smart host of an Exim: a manualroute that takes all domains which are not local, as Debian's
 * "smarthost" configuration has it, unless a dnslookup router before it takes them. */
#include "routers.h"
#include <string.h>

struct router {
    const char *driver, *domains, *route;
    bool picky; /* takes only some mail, by something else than its domain */
};

/* "name = value"; false: it is another option. */
static bool option(char *line, const char *name, const char **value)
{
    size_t n = strlen(name);
    char *p = line + n;

    if (strncmp(line, name, n) != 0 || !strchr(" \t=", *p) || !*p)
        return false;
    p += strspn(p, " \t");
    if (*p != '=')
        return false;
    *value = g_strstrip(p + 1);
    return true;
}

static void take_option(struct router *router, char *line)
{
    static const char *const picks[] = {"condition", "senders", "local_parts"};
    const char *value;

    if (option(line, "driver", &router->driver) || option(line, "domains", &router->domains) ||
        option(line, "route_list", &router->route))
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(picks); i++)
        router->picky |= option(line, picks[i], &value);
}

static bool takes_all(const struct router *router)
{
    g_auto(GStrv) words = g_strsplit_set(router->domains ? router->domains : "", " \t", -1);
    g_autofree char *domains = g_strjoinv("", words);

    return !router->picky &&
           (!*domains || strcmp(domains, "!+local_domains") == 0 || strcmp(domains, "*") == 0);
}

/* "* mail.example.net::587 byname; …"; a host of several is as good as another. */
static char *first_host(const char *route)
{
    if (!route || route[0] != '*' || !strchr(" \t", route[1]) || !route[1])
        return NULL;
    route += 1 + strspn(route + 1, " \t");
    size_t n = strcspn(route, " \t;");
    const char *port = g_strstr_len(route, (gssize)n, "::");
    char *host = g_strndup(route, port ? (gsize)(port - route) : n);
    if (!*host || strpbrk(host, "$\""))
        g_clear_pointer(&host, g_free);
    return host;
}

/* Answers at the router that decides. */
static bool judge(const struct router *router, char **host)
{
    *host = NULL;
    if (!router->driver || !takes_all(router))
        return false;
    if (strcmp(router->driver, "manualroute") == 0)
        *host = first_host(router->route);
    return *host || strcmp(router->driver, "dnslookup") == 0;
}

char *hq_ex_smart_host(const char *routers)
{
    g_auto(GStrv) lines = g_strsplit(routers ? routers : "", "\n", -1);
    struct router router = {0};
    char *host = NULL;

    for (unsigned i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        bool name = *line && g_str_has_suffix(line, ":") && !strchr(line, '=');
        if (name && judge(&router, &host))
            return host;
        if (name)
            router = (struct router){0};
        else
            take_option(&router, line);
    }
    judge(&router, &host);
    return host;
}
