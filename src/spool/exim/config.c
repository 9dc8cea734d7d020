/* SPDX-License-Identifier: ISC */
/* Configuration of Exim, as "exim -bP" prints it: main options by name, and the file as it was
 * read, macros and includes resolved, for named lists, retry rules and transports. */
#include "config.h"
#include "list.h"
#include "routers.h"
#include "spool/files.h"
#include "spool/spools.h"
#include <string.h>
#include <sys/stat.h>

#define OUTPUT_MAX ((size_t)4 * 1024 * 1024)
#define TIMEOUT    5000 /* milliseconds */

/* Debian; most others; Exim's own Makefile; FreeBSD. */
static const char *const programs[] = {"/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim",
                                       "/usr/local/sbin/exim", NULL};

static const char *const options[] = {
    "spool_directory",
    "primary_hostname",
    "qualify_domain",
    "qualify_recipient",
    "local_interfaces",
    "timeout_frozen_after",
    "auto_thaw",
    "split_spool_directory",
    "delay_warning",
    "delay_warning_condition",
    "ignore_bounce_errors_after",
    "message_logs",
    "retry_interval_max",
    "queue_list_requires_admin",
};

static struct {
    bool sought;
    const char *program;  /* NULL: there is none */
    GHashTable *settings; /* char * to char *; NULL: it did not answer */
    char *text;           /* of the configuration; NULL: not for this user */
} exim;

/* "name = value", and "name" or "no_name" for what is on or off. */
static void take_setting(char *line)
{
    char *equal = strstr(line, " = ");

    if (equal)
        g_hash_table_replace(exim.settings, g_strndup(line, (gsize)(equal - line)),
                             g_strstrip(g_strdup(equal + 3)));
    else if (g_str_has_prefix(line, "no_"))
        g_hash_table_replace(exim.settings, g_strdup(line + 3), g_strdup("no"));
    else if (*line)
        g_hash_table_replace(exim.settings, g_strdup(line), g_strdup("yes"));
}

void hq_ex_config_find(void)
{
    if (exim.sought)
        return;
    exim.sought = true;
    exim.program = hq_child_program(programs);
    if (!exim.program)
        return;
    const char *argv[G_N_ELEMENTS(options) + 3] = {exim.program, "-bP"};
    const char *const whole[] = {exim.program, "-bP", "config", NULL};
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
        argv[2 + i] = options[i];
    g_autofree char *output = hq_child_output(argv, OUTPUT_MAX, TIMEOUT);
    if (!output)
        return;
    exim.settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    for (unsigned i = 0; lines[i]; i++)
        take_setting(lines[i]);
    exim.text = hq_child_output(whole, OUTPUT_MAX, TIMEOUT);
}

const char *hq_ex_config_program(void)
{
    hq_ex_config_find();
    return exim.program;
}

static const char *setting(const char *name)
{
    const char *value = exim.settings ? g_hash_table_lookup(exim.settings, name) : NULL;

    return value ? value : "";
}

bool hq_ex_config_owns(const char *path)
{
    struct stat a, b;

    hq_ex_config_find();
    return stat(setting("spool_directory"), &a) == 0 && stat(path, &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool hq_exim_recognise(const char *path)
{
    static const char *const names[] = {"input", "msglog", "db"};
    unsigned found = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename(path, names[i], NULL);
        found += g_file_test(name, G_FILE_TEST_IS_DIR);
        if (i == 0 && found == 0)
            return false;
    }
    return found > 1;
}

const char *hq_exim_default(void)
{
    struct stat st;

    hq_ex_config_find();
    const char *path = setting("spool_directory");
    return *path && stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? path : NULL;
}

/* ---- the text ---- */

/* The section that begins with the line "begin NAME"; NULL: there is none. */
static char *section(const char *name)
{
    g_autofree char *begin = g_strdup_printf("\nbegin %s\n", name);
    const char *start = exim.text ? strstr(exim.text, begin) : NULL;
    const char *end;

    if (!start)
        return NULL;
    start += strlen(begin);
    end = strstr(start, "\nbegin ");
    return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

/* Lists by the names that Exim's own and Debian's configuration give them. */
static const struct {
    const char *name;
    bool networks;
} lists[] = {
    {"domainlist local_domains", false},   {"domainlist relay_to_domains", false},
    {"domainlist virtual_domains", false}, {"domainlist local_virtual_domains", false},
    {"hostlist relay_from_hosts", true},
};

/* The value of "domainlist name = value" in the main part; NULL: there is none. Caller frees. */
static char *named_list(const char *name)
{
    size_t n = strlen(name);

    for (const char *line = exim.text; line && *line; line = strchr(line, '\n')) {
        line += strspn(line, "\n");
        if (g_str_has_prefix(line, "begin "))
            return NULL;
        if (strncmp(line, name, n) == 0 && strchr(" =", line[n])) {
            const char *equal = line + n + strspn(line + n, " ");
            if (*equal == '=')
                return g_strndup(equal + 1, strcspn(equal + 1, "\n"));
        }
    }
    return NULL;
}

static void take_list(struct hq_context *context, const char *list, bool networks, GString *unread)
{
    g_auto(GStrv) items = hq_ex_list_split(list);

    for (unsigned i = 0; items[i]; i++) {
        const char *item = items[i];
        bool taken;

        if (*item == '\0' || *item == '!')
            continue;
        if (networks)
            taken = hq_context_add_trust(context, item);
        else if (strcmp(item, "@") == 0)
            taken = hq_context_add_our(context, setting("primary_hostname"));
        else
            taken = hq_context_add_our(context, item + (item[0] == '*' && item[1] == '.' ? 2 : 0));
        if (!taken)
            g_string_append_printf(unread, "%s%s", unread->len ? ", " : "", item);
    }
}

/* Addresses that transports bind to, where they are written as such. */
static void take_interfaces(struct hq_context *context)
{
    g_autofree char *transports = section("transports");
    g_auto(GStrv) lines = g_strsplit(transports ? transports : "", "\n", -1);

    for (unsigned i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        size_t n = strlen("interface");
        if (strncmp(line, "interface", n) != 0 || !strchr(" =", line[n]) || !strchr(line, '='))
            continue;
        g_auto(GStrv) items = hq_ex_list_split(strchr(line, '=') + 1);
        for (unsigned j = 0; items[j]; j++)
            hq_context_add_egress(context, items[j]);
    }
}

static char *retry_rules(void)
{
    char *rules = section("retry");
    g_auto(GStrv) lines = g_strsplit(rules ? rules : "", "\n", -1);

    g_free(rules);
    for (unsigned i = 0; lines[i]; i++)
        if (*g_strstrip(lines[i]) == '#')
            *lines[i] = '\0';
    return g_strjoinv("\n", lines);
}

void hq_ex_config_apply(struct hq_context *context)
{
    g_autoptr(GString) unread = g_string_new(NULL);
    static const char *const names[] = {"primary_hostname", "qualify_domain", "qualify_recipient"};
    const char *hostname = setting("primary_hostname");

    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
        g_hash_table_replace(context->mta, g_strdup(options[i]), g_strdup(setting(options[i])));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        hq_context_add_our(context, setting(names[i]));
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *list = named_list(lists[i].name);
        if (list)
            take_list(context, list, lists[i].networks, unread);
    }
    g_autofree char *routers = section("routers");
    g_autofree char *smart_host = hq_ex_smart_host(routers);
    if (smart_host)
        hq_context_set_relay_host(context, smart_host);
    else
        take_interfaces(context);
    if (exim.text)
        g_hash_table_replace(context->mta, g_strdup("hopq_retry_rules"), retry_rules());
    if (!context->hostname && *hostname)
        context->hostname = g_strdup(hostname);
    if (unread->len)
        g_hash_table_replace(context->mta, g_strdup("hopq_unread_tables"), g_strdup(unread->str));
}

/* ---- its listing ---- */

bool hq_ex_config_may_list(void)
{
    const char *const argv[] = {hq_ex_config_program(), "-bpc", NULL};
    g_autofree char *count = argv[0] ? hq_child_output(argv, 4096, TIMEOUT) : NULL;

    return count != NULL;
}

struct hq_child *hq_ex_config_list(struct hq_item_file *file)
{
    const char *const argv[] = {hq_ex_config_program(), "-bp", NULL};

    return hq_child_list(argv, file);
}
