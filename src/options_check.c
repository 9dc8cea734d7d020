/* SPDX-License-Identifier: ISC */
/* What options may be, wherever they were said, and which of them go together. */
#include "dump/dump.h"
#include "hopq/context.h"
#include "hopq/error.h"
#include "hopq/ip.h"
#include "options.h"
#include "proc/resolver.h"
#include <string.h>

#define ATTEMPT "read the command line"

/* ---- values ---- */

static bool is_ip(const char *value)
{
    struct hq_ip ip;

    return hq_ip_parse_str(value, &ip);
}

static bool is_network(const char *value)
{
    struct hq_network network;

    return hq_network_parse(value, &network);
}

static bool is_domain(const char *value)
{
    struct hq_context *context = hq_context_new();
    bool good = hq_context_add_our(context, value);

    hq_context_free(context);
    return good;
}

static bool is_dns(const char *value)
{
    return strcmp(value, "off") == 0 || hq_resolver_is_server(value);
}

const char *hq_options_wrong(const char *name, const char *value)
{
    static const struct {
        const char *name;
        bool (*good)(const char *value);
        const char *cause;
    } rows[] = {
        {"egress", is_ip, "not an IP address"},
        {"trust", is_network, "not an address or network"},
        {"our", is_domain, "not a domain"},
        {"dns", is_dns, "wants system, off or ADDR[:PORT]"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, name) == 0 && !rows[i].good(value))
            return rows[i].cause;
    return NULL;
}

static bool check_value(const char *name, const char *value, GError **error)
{
    const char *cause = hq_options_wrong(name, value);
    g_autofree char *option = g_strconcat("--", name, NULL);

    if (cause)
        hq_error_set(error, HQ_EXIT_USAGE, 0, option, value, cause);
    return !cause;
}

static bool check_values(const struct hq_options *options, GError **error)
{
    const struct {
        const char *name;
        char **list;
    } lists[] = {{"egress", options->egress}, {"trust", options->trust}, {"our", options->our}};

    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
        for (char **value = lists[i].list; value && *value; value++)
            if (!check_value(lists[i].name, *value, error))
                return false;
    return check_value("dns", options->dns, error);
}

/* ---- what goes together ---- */

static bool refuse(GError **error, const char *object, const char *cause)
{
    hq_error_set(error, HQ_EXIT_USAGE, 0, ATTEMPT, object, cause);
    return false;
}

static bool check_act(const struct hq_options *options, GError **error)
{
    bool act = options->job == HQ_JOB_ACT;
    bool printed = options->format == hq_dump_format_find("text") ||
                   options->format == hq_dump_format_find("ndjson");

    if (act && !options->filter && !options->ids)
        return refuse(error, "--act", "wants --filter or --message: which messages?");
    if (act && !printed)
        return refuse(error, "--act", "prints text or ndjson");
    if (options->yes && !act)
        return refuse(error, "--yes", "belongs to --act");
    return true;
}

static bool check_spf(const struct hq_options *options, GError **error)
{
    if (options->job != HQ_JOB_SPF)
        return true;
    if (g_strv_length(options->rest) != 3)
        return refuse(error, "--spf", "wants IP HELO SENDER (\"\" is the null sender)");
    if (is_ip(options->rest[0]))
        return true;
    hq_error_set(error, HQ_EXIT_USAGE, 0, "--spf", options->rest[0], "not an IP address");
    return false;
}

bool hq_options_check(const struct hq_options *options, GError **error)
{
    if (!check_act(options, error) || !check_spf(options, error))
        return false;
    if (options->demo && options->rest[0]) {
        hq_error_set(error, HQ_EXIT_USAGE, 0, "--demo", options->rest[0], "takes no source");
        return false;
    }
    return check_values(options, error);
}
