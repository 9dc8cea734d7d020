/* SPDX-License-Identifier: ISC */
/* The command line, as a table for GOption. */
#include "options.h"
#include "demo.h"
#include "dump/dump.h"
#include "hopq/change.h"
#include "hopq/context.h"
#include "hopq/error.h"
#include "hopq/ip.h"
#include <langinfo.h>
#include <string.h>
#include <unistd.h>

#define DNS_TIMEOUT 1500

static bool usage_error(GError **error, const char *what, const char *value, const char *cause)
{
    hq_error_set(error, HQ_EXIT_USAGE, 0, what, value, cause);
    return false;
}

/* ---- options whose value is a word ---- */

static gboolean take_dump(const char *name, const char *value, gpointer data, GError **error)
{
    struct hq_options *options = data;

    (void)name;
    options->job = options->job == HQ_JOB_SHOW ? HQ_JOB_DUMP : options->job;
    options->format = hq_dump_format_find(value ? value : "text");
    if (options->format >= 0)
        return TRUE;
    g_autofree char *known = hq_dump_format_names();
    g_autofree char *cause = g_strdup_printf("no such format (known: %s)", known);
    return usage_error(error, "--dump", value, cause);
}

static gboolean take_act(const char *name, const char *value, gpointer data, GError **error)
{
    struct hq_options *options = data;

    (void)name;
    options->job = HQ_JOB_ACT;
    options->verb = hq_name_find(hq_verb_names, HQ_VERB_COUNT, value);
    if (options->verb >= 0)
        return TRUE;
    return usage_error(error, "--act", value,
                       "no such action (known: hold, release, flush, expire, requeue, delete)");
}

static gboolean take_group(const char *name, const char *value, gpointer data, GError **error)
{
    struct hq_options *options = data;
    int key = hq_name_find(hq_board_key_names, HQ_BOARD_KEYS, value ? value : "reason");

    (void)name;
    if (key < 0)
        return usage_error(error, "--group", value, "wants reason, sender, origin or relay");
    options->group = true;
    options->group_by = key;
    return TRUE;
}

static gboolean take_color(const char *name, const char *value, gpointer data, GError **error)
{
    static const char *const modes[] = {"auto", "always", "never"};
    struct hq_options *options = data;
    int mode = hq_name_find(modes, G_N_ELEMENTS(modes), value);

    (void)name;
    if (mode < 0)
        return usage_error(error, "--color", value, "wants auto, always or never");
    options->color = (enum hq_color_mode)mode;
    return TRUE;
}

static gboolean take_fail_on(const char *name, const char *value, gpointer data, GError **error)
{
    struct hq_options *options = data;

    (void)name;
    options->fail_on = hq_name_find(hq_level_names, HQ_LEVEL_COUNT, value);
    if (options->fail_on < HQ_LEVEL_LOW)
        return usage_error(error, "--fail-on", value, "wants low, medium or high");
    return TRUE;
}

static gboolean take_job(const char *name, const char *value, gpointer data, GError **error)
{
    static const struct {
        const char *name;
        enum hq_job job;
    } jobs[] = {
        {"--explain", HQ_JOB_EXPLAIN}, {"--spf", HQ_JOB_SPF}, {"--version", HQ_JOB_VERSION}};
    struct hq_options *options = data;

    (void)value;
    (void)error;
    for (unsigned i = 0; i < G_N_ELEMENTS(jobs); i++) {
        if (strcmp(name, jobs[i].name) == 0)
            options->job = jobs[i].job;
    }
    return TRUE;
}

/* ---- the table ---- */

static GOptionContext *make_context(struct hq_options *options)
{
    const int dump = G_OPTION_FLAG_OPTIONAL_ARG;
    const int job = G_OPTION_FLAG_NO_ARG;
    const GOptionEntry entries[] = {
        {"dump", 0, dump, G_OPTION_ARG_CALLBACK, take_dump,
         "Print instead of the screen: text, json, ndjson or prometheus", "FORMAT"},
        {"demo", 0, 0, G_OPTION_ARG_NONE, &options->demo,
         "Open the sample queue and Maildir that come with hopq", NULL},
        {"explain", 0, job, G_OPTION_ARG_CALLBACK, take_job,
         "Say what SMTP replies mean: arguments, or lines of standard input", NULL},
        {"spf", 0, job, G_OPTION_ARG_CALLBACK, take_job, "One SPF check of IP HELO SENDER", NULL},
        {"filter", 'f', 0, G_OPTION_ARG_STRING, &options->filter,
         "Only messages that match (hopq-filter(7))", "EXPR"},
        {"message", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &options->ids,
         "Only this message, in full; may be repeated", "ID"},
        {"full", 0, 0, G_OPTION_ARG_NONE, &options->full,
         "Hops, verdicts, findings and headers of every message", NULL},
        {"sort", 's', 0, G_OPTION_ARG_STRING, &options->sort, "Sort by fields; a minus reverses",
         "FIELD[,-FIELD...]"},
        {"limit", 'n', 0, G_OPTION_ARG_INT, &options->limit, "List at most N messages", "N"},
        {"group", 0, dump, G_OPTION_ARG_CALLBACK, take_group,
         "The board instead of the list: by reason (and destination), sender, origin or relay",
         "KEY"},
        {"log", 0, 0, G_OPTION_ARG_FILENAME, &options->log,
         "The mail log: a file, journal, a folder of journal files, or off", "FILE"},
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options->since,
         "Trends since this snapshot (made by --dump=ndjson)", "SNAPSHOT"},
        {"dns", 0, 0, G_OPTION_ARG_STRING, &options->dns,
         "system (default), off, or a server's ADDR[:PORT]", "SERVER"},
        {"dns-timeout", 0, 0, G_OPTION_ARG_INT, &options->dns_timeout,
         "Milliseconds a try, of two (default 1500)", "MS"},
        {"egress", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->egress,
         "An address that our mail leaves from", "IP"},
        {"our", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->our, "A domain of ours", "DOMAIN"},
        {"trust", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->trust, "A relay or network of ours",
         "CIDR"},
        {"act", 0, 0, G_OPTION_ARG_CALLBACK, take_act,
         "hold, release, flush, expire, requeue or delete what --filter or --message choose",
         "ACTION"},
        {"yes", 0, 0, G_OPTION_ARG_NONE, &options->yes, "Do it; without it --act only tells", NULL},
        {"no-save", 0, 0, G_OPTION_ARG_NONE, &options->no_save,
         "Delete without saving the messages before", NULL},
        {"read-only", 0, 0, G_OPTION_ARG_NONE, &options->read_only, "Never change a queue", NULL},
        {"theme", 0, 0, G_OPTION_ARG_STRING, &options->theme, "Colours of the screen", "NAME"},
        {"color", 0, 0, G_OPTION_ARG_CALLBACK, take_color, "auto, always or never", "WHEN"},
        {"ascii", 0, 0, G_OPTION_ARG_NONE, &options->ascii, "Draw in ASCII alone", NULL},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
         "Read this file instead of the usual ones", "FILE"},
        {"fail-on", 0, 0, G_OPTION_ARG_CALLBACK, take_fail_on,
         "Exit 1 when a finding of low, medium, high or worse is listed", "SEVERITY"},
        {"version", 0, job, G_OPTION_ARG_CALLBACK, take_job,
         "Version, libraries, and what confines the parser", NULL},
        G_OPTION_ENTRY_NULL,
    };
    GOptionContext *context = g_option_context_new("[SOURCE...]");
    GOptionGroup *group = g_option_group_new("hopq", NULL, NULL, options, NULL);

    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(
        context, "Tells why mail is stuck, who sent it and which way, when it is tried again.\n"
                 "SOURCE: postfix:DIR, maildir:DIR, eml:FILE, a path, or - for one message on\n"
                 "standard input; without one, the queues of every MTA found here.");
    return context;
}

/* ---- sense ---- */

/* Every value of LIST is one that PARSE takes. */
static bool check_list(char **list, const char *option, const char *cause,
                       bool (*good)(const char *value), GError **error)
{
    for (unsigned i = 0; list && list[i]; i++) {
        if (!good(list[i]))
            return usage_error(error, option, list[i], cause);
    }
    return true;
}

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

static bool check(const struct hq_options *options, GError **error)
{
    guint rest = g_strv_length(options->rest);

    if (options->limit < 0)
        return usage_error(error, "--limit", NULL, "wants a number of messages");
    if (options->dns_timeout < 1)
        return usage_error(error, "--dns-timeout", NULL, "wants milliseconds");
    if (options->job == HQ_JOB_SPF && rest != 3)
        return usage_error(error, "--spf", NULL, "wants IP HELO SENDER (\"\" is the null sender)");
    if (options->job == HQ_JOB_SPF && !is_ip(options->rest[0]))
        return usage_error(error, "--spf", options->rest[0], "not an IP address");
    if (options->job == HQ_JOB_ACT && !options->filter && !options->ids)
        return usage_error(error, "--act", NULL, "wants --filter or --message: which messages?");
    if (options->job == HQ_JOB_ACT && options->format != hq_dump_format_find("text") &&
        options->format != hq_dump_format_find("ndjson"))
        return usage_error(error, "--act", NULL, "prints text or ndjson");
    if (options->yes && options->job != HQ_JOB_ACT)
        return usage_error(error, "--yes", NULL, "belongs to --act");
    if (options->demo && rest)
        return usage_error(error, "--demo", options->rest[0], "takes no source");
    return check_list(options->egress, "--egress", "not an IP address", is_ip, error) &&
           check_list(options->trust, "--trust", "not an address or network", is_network, error);
}

/* What neither the command line nor a file has said. */
static void set_defaults(struct hq_options *options)
{
    if (!options->dns)
        options->dns = g_strdup("system");
    if (!options->dns_timeout)
        options->dns_timeout = DNS_TIMEOUT;
    if (options->ids)
        options->full = true;
    /* a file is the same whoever has it written */
    if (g_strcmp0(nl_langinfo(CODESET), "UTF-8") != 0 && isatty(STDOUT_FILENO))
        options->ascii = true;
    if (options->job == HQ_JOB_SHOW && !isatty(STDOUT_FILENO))
        options->job = HQ_JOB_DUMP;
}

/* "-n5": GOption wants the value of a short option apart. NULL: ARG is no such thing. */
static const char *glued_value(const char *arg)
{
    static const char with_value[] = "fmsn";

    return arg[0] == '-' && arg[1] && strchr(with_value, arg[1]) && arg[2] ? arg + 2 : NULL;
}

/* The command line in the form that GOption reads as users mean it: bare --dump and --group get
 * their value, else they would take the source behind it for one, and glued values are taken off.
 */
static char **normalise(char **argv)
{
    g_autoptr(GStrvBuilder) args = g_strv_builder_new();
    bool options = true;

    for (unsigned i = 0; argv[i]; i++) {
        const char *value = options && i > 0 ? glued_value(argv[i]) : NULL;
        g_autofree char *option = g_strndup(argv[i], value ? 2 : strlen(argv[i]));
        options &= strcmp(argv[i], "--") != 0;
        if (options && strcmp(option, "--dump") == 0)
            g_strv_builder_add(args, "--dump=text");
        else if (options && strcmp(option, "--group") == 0)
            g_strv_builder_add(args, "--group=reason");
        else
            g_strv_builder_add(args, option);
        if (value)
            g_strv_builder_add(args, value);
    }
    return g_strv_builder_end(args);
}

/* Our own errors as they are, GLib's in the same form. */
static bool parse_failed(GError *wrong, GError **error)
{
    if (wrong->domain == HQ_ERROR) {
        g_propagate_error(error, wrong);
        return false;
    }
    usage_error(error, "read the command line", NULL, wrong->message);
    g_error_free(wrong);
    return false;
}

bool hq_options_parse(struct hq_options *options, char **argv, GError **error)
{
    *options = (struct hq_options){.fail_on = -1, .format = hq_dump_format_find("text")};
    g_autoptr(GOptionContext) context = make_context(options);
    g_auto(GStrv) args = normalise(argv);
    GError *wrong = NULL;

    bool parsed = g_option_context_parse_strv(context, &args, &wrong);
    options->rest = g_strdupv(args + (args[1] && strcmp(args[1], "--") == 0 ? 2 : 1));
    if (!parsed)
        return parse_failed(wrong, error);
    if (options->demo && !hq_demo_configure(options, error))
        return false;
    if (!hq_config_read(options, options->config, error))
        return false;
    set_defaults(options);
    return check(options, error);
}

void hq_options_clear(struct hq_options *options)
{
    char **lists[] = {options->rest, options->ids, options->our, options->trust, options->egress};
    char *strings[] = {options->filter,       options->sort,   options->dns, options->theme,
                       options->theme_folder, options->config, options->log, options->since};

    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
        g_strfreev(lists[i]);
    for (unsigned i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
}
