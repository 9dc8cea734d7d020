/* SPDX-License-Identifier: ISC */
/* The command line, as a table for GOption. */
#include "options.h"
#include "args.h"
#include "demo.h"
#include "dump/dump.h"
#include "hopq/change.h"
#include "hopq/error.h"
#include "tui/theme.h"
#include <langinfo.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define DNS_TIMEOUT 1500

static bool usage_error(GError **error, const char *option, const char *value, const char *cause)
{
    hq_error_set(error, HQ_EXIT_USAGE, 0, option, value, cause);
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
    } jobs[] = {{"--explain", HQ_JOB_EXPLAIN},
                {"--spf", HQ_JOB_SPF},
                {"--version", HQ_JOB_VERSION},
                {"--help", HQ_JOB_HELP}};
    struct hq_options *options = data;

    (void)value;
    (void)error;
    for (unsigned i = 0; i < G_N_ELEMENTS(jobs); i++) {
        if (strcmp(name, jobs[i].name) == 0)
            options->job = jobs[i].job;
    }
    return TRUE;
}

static gboolean take_number(const char *name, const char *value, gpointer data, GError **error)
{
    struct hq_options *options = data;
    bool limit = strcmp(name, "--limit") == 0;
    guint64 number;

    if (!g_ascii_string_to_unsigned(value, 10, limit ? 0 : 1, INT_MAX, &number, NULL))
        return usage_error(error, name, value,
                           limit ? "wants a number of messages" : "wants milliseconds");
    *(limit ? &options->limit : &options->dns_timeout) = (int)number;
    return TRUE;
}

/* ---- the table ---- */

/* A member of struct hq_options: make_context() adds where that is. */
#define MEMBER(name) GSIZE_TO_POINTER(offsetof(struct hq_options, name))

/* GOption writes a gboolean, four bytes where a bool has one: other types do not compile. */
#define SWITCH(name)                                                          \
    0, G_OPTION_ARG_NONE,                                                     \
        GSIZE_TO_POINTER(_Generic(((struct hq_options *)NULL)->name, gboolean \
                                  : offsetof(struct hq_options, name)))

/* Values are file names to GOption even where they are none: of those it asks no conversion from
 * the locale's charset, and in LC_ALL=C (cron) there is none for what is not ASCII. */
#define TEXT  G_OPTION_ARG_FILENAME
#define TEXTS G_OPTION_ARG_FILENAME_ARRAY

#define CALL(flags, take) flags, G_OPTION_ARG_CALLBACK, take
#define OPTIONAL          G_OPTION_FLAG_OPTIONAL_ARG
#define JOB               G_OPTION_FLAG_NO_ARG

static const GOptionEntry entries[] = {
    {"help", 'h', CALL(JOB, take_job), "This list", NULL},
    {"dump", 0, CALL(OPTIONAL, take_dump),
     "Print instead of the screen: text, json, ndjson or prometheus", "FORMAT"},
    {"demo", 0, SWITCH(demo), "Open the sample queue and Maildir that come with hopq", NULL},
    {"explain", 0, CALL(JOB, take_job),
     "Say what SMTP replies mean: arguments, or lines of standard input", NULL},
    {"spf", 0, CALL(JOB, take_job), "One SPF check of IP HELO SENDER", NULL},
    {"filter", 'f', 0, TEXT, MEMBER(filter), "Only messages that match (hopq-filter(7))", "EXPR"},
    {"message", 'm', 0, TEXTS, MEMBER(ids), "Only this message, in full; may be repeated", "ID"},
    {"full", 0, SWITCH(full), "Hops, verdicts, findings and headers of every message", NULL},
    {"sort", 's', 0, TEXT, MEMBER(sort), "Sort by fields; a minus reverses", "FIELD[,-FIELD...]"},
    {"limit", 'n', CALL(0, take_number), "List at most N messages", "N"},
    {"group", 0, CALL(OPTIONAL, take_group), "The board alone: by reason, sender, origin or relay",
     "KEY"},
    {"log", 0, 0, TEXT, MEMBER(log),
     "The mail log: a file, journal, a folder of journal files, or off", "FILE"},
    {"since", 0, 0, TEXT, MEMBER(since), "Trends since this snapshot (made by --dump=ndjson)",
     "SNAPSHOT"},
    {"dns", 0, 0, TEXT, MEMBER(dns), "system (default), off, or a server's ADDR[:PORT]", "SERVER"},
    {"dns-timeout", 0, CALL(0, take_number), "Milliseconds a try, of two (default 1500)", "MS"},
    {"egress", 0, 0, TEXTS, MEMBER(egress), "An address that our mail leaves from", "IP"},
    {"our", 0, 0, TEXTS, MEMBER(our), "A domain of ours", "DOMAIN"},
    {"trust", 0, 0, TEXTS, MEMBER(trust), "A relay or network of ours", "CIDR"},
    {"act", 0, CALL(0, take_act), "hold, release, flush, expire, requeue or delete (-f, -m)",
     "ACTION"},
    {"yes", 0, SWITCH(yes), "Do it; without it --act only tells", NULL},
    {"no-save", 0, SWITCH(no_save), "Delete without saving the messages before", NULL},
    {"read-only", 0, SWITCH(read_only), "Never change a queue", NULL},
    {"theme", 0, 0, TEXT, MEMBER(theme), "Colours of the screen", "NAME"},
    {"color", 0, CALL(0, take_color), "auto, always or never", "WHEN"},
    {"ascii", 0, SWITCH(ascii), "Draw in ASCII alone", NULL},
    {"config", 0, 0, TEXT, MEMBER(config), "Read this file instead of the usual ones", "FILE"},
    {"fail-on", 0, CALL(0, take_fail_on),
     "Exit 1 when a finding of low, medium, high or worse is listed", "SEVERITY"},
    {"version", 0, CALL(JOB, take_job), "Version, libraries, and what confines the parser", NULL},
    G_OPTION_ENTRY_NULL,
};

static GOptionContext *make_context(struct hq_options *options)
{
    GOptionContext *context = g_option_context_new("[SOURCE...]");
    GOptionGroup *group = g_option_group_new("hopq", NULL, NULL, options, NULL);
    GOptionEntry placed[G_N_ELEMENTS(entries)];

    for (unsigned i = 0; i < G_N_ELEMENTS(entries); i++) {
        placed[i] = entries[i];
        if (placed[i].long_name && placed[i].arg != G_OPTION_ARG_CALLBACK)
            placed[i].arg_data = (char *)options + GPOINTER_TO_SIZE(entries[i].arg_data);
    }
    g_option_group_add_entries(group, placed);
    g_option_context_set_main_group(context, group);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(
        context, "Tells why mail is stuck, who sent it and which way, when it is tried again.\n"
                 "SOURCE: a path, SCHEME:PATH (postfix exim sendmail opensmtpd qmail courier\n"
                 "nullmailer dma maildir mbox eml snapshot), or - for one message on standard\n"
                 "input; without one, the queues of every MTA found here.\n\n"
                 "  hopq                                     the screen; ? there lists the keys\n"
                 "  hopq --demo                              the same on a sample queue\n"
                 "  hopq --dump -f 'reason:throttled'        as text\n"
                 "  hopq --dump -m ID                        all about one message\n"
                 "  hopq --explain '421 Too many messages'   what a reply means\n"
                 "  hopq --act hold -f 'auth:alice'          what that would do; --yes does it");
    g_option_context_set_description(context, "The manual: man hopq, man hopq-filter");
    return context;
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

/* One that a file names is looked for when there is a screen; a cron job can do without. */
static bool check_theme(const struct hq_options *options, GError **error)
{
    struct hq_theme theme;

    return hq_theme_find(&theme, options->theme, options->theme_folder, error);
}

bool hq_options_parse(struct hq_options *options, char **argv, GError **error)
{
    *options = (struct hq_options){.fail_on = -1,
                                   .limit = -1,
                                   .format = hq_dump_format_find("text"),
                                   .rest = g_new0(char *, 1)};
    g_autoptr(GOptionContext) context = make_context(options);
    g_auto(GStrv) args = hq_args_spell(argv, entries, error);

    if (!args || !g_option_context_parse_strv(context, &args, error))
        return false;
    g_strfreev(options->rest);
    options->rest = g_strdupv(args + (args[1] && strcmp(args[1], "--") == 0 ? 2 : 1));
    options->help = g_option_context_get_help(context, TRUE, NULL);
    if (options->job == HQ_JOB_HELP) /* whatever a file says */
        return true;
    bool theme_asked = options->theme != NULL;
    if (options->demo && !hq_demo_configure(options, error))
        return false;
    if (!hq_config_read(options, options->config, error))
        return false;
    if (theme_asked && !check_theme(options, error))
        return false;
    set_defaults(options);
    return hq_options_check(options, error);
}

void hq_options_clear(struct hq_options *options)
{
    char **lists[] = {options->rest, options->ids, options->our, options->trust, options->egress};
    char *strings[] = {options->filter, options->sort,         options->dns,
                       options->theme,  options->theme_folder, options->config,
                       options->log,    options->since,        options->help};

    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
        g_strfreev(lists[i]);
    for (unsigned i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
}
