/* SPDX-License-Identifier: ISC */
/* Which queues the Sendmail of this machine has, and what its configuration tells: see
 * config.h. Files are believed only when none but root can write to them. */
#include "config.h"
#include "cf.h"
#include "hopq/io.h"
#include "sendmail.h"
#include "spool/files.h"
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES ((size_t)4 * 1024 * 1024)

static const char *const main_files[] = {"/etc/mail/sendmail.cf", "/etc/sendmail.cf"};
static const char submit_file[] = "/etc/mail/submit.cf";
static const char debian_file[] = "/etc/mail/sendmail.conf";

char *hq_sm_config_slurp(const char *path)
{
    struct stat st;

    if (!g_path_is_absolute(path) || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return NULL;
    return hq_io_slurp(path, FILE_MAX_BYTES, NULL, NULL);
}

void hq_sm_config_free(struct hq_sm_config *config)
{
    if (!config)
        return;
    g_hash_table_destroy(config->settings);
    g_ptr_array_free(config->queues, TRUE);
    g_ptr_array_free(config->our, TRUE);
    g_string_free(config->unread, TRUE);
    g_strfreev(config->others);
    g_strfreev(config->submission);
    g_free(config->hostname);
    g_free(config->smart_host);
    g_free(config);
}

/* QUEUE_INTERVAL="10m" of /etc/mail/sendmail.conf, a shell file that only Debian's scripts read. */
static void take_interval(struct hq_sm_config *config)
{
    static const char name[] = "QUEUE_INTERVAL=";
    g_autofree char *text = hq_sm_config_slurp(debian_file);
    g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

    for (unsigned i = 0; lines && lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (!g_str_has_prefix(line, name))
            continue;
        char *value = line + strlen(name);
        value += *value == '"' || *value == '\'';
        value[strcspn(value, "\"'; \t")] = '\0';
        if (*value)
            g_hash_table_replace(config->settings, g_strdup("QueueInterval"), g_strdup(value));
    }
}

static struct hq_sm_config *load(const char *const *paths, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *text = hq_sm_config_slurp(paths[i]);
        if (text)
            return hq_sm_config_parse(text);
    }
    return NULL;
}

/* "/var/spool/mqueue/q*" lies in "/var/spool/mqueue": only the last part may have a star
 * (op/op.me section 5.6.42). */
static char *base_of(const char *queue)
{
    return strchr(queue, '*') ? g_path_get_dirname(queue) : g_strdup(queue);
}

static bool same_directory(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool has_queue(const struct hq_sm_config *config, const char *path)
{
    for (guint i = 0; config && i < config->queues->len; i++) {
        g_autofree char *base = base_of(config->queues->pdata[i]);
        if (same_directory(base, path))
            return true;
    }
    return false;
}

/* Directories of CONFIG's queues from the FIRST on. */
static char **bases_of(const struct hq_sm_config *config, guint first)
{
    g_autoptr(GPtrArray) bases = g_ptr_array_new();

    for (guint i = first; config && i < config->queues->len; i++)
        g_ptr_array_add(bases, base_of(config->queues->pdata[i]));
    g_ptr_array_add(bases, NULL);
    return (char **)g_ptr_array_steal(bases, NULL);
}

/* The queue of the main program comes with those of its groups and of the submission program; any
 * other comes alone. */
static void name_others(struct hq_sm_config *config, const struct hq_sm_config *submit,
                        const char *path)
{
    g_autofree char *first = config->queues->len ? base_of(config->queues->pdata[0]) : NULL;
    bool is_main = first && same_directory(first, path);

    config->is_submission = !has_queue(config, path);
    config->others = bases_of(is_main ? config : NULL, 1);
    config->submission = bases_of(is_main ? submit : NULL, 0);
}

struct hq_sm_config *hq_sm_config_find(const char *path)
{
    static const char *const submit_files[] = {submit_file};
    struct hq_sm_config *config = load(main_files, G_N_ELEMENTS(main_files));
    struct hq_sm_config *submit = load(submit_files, 1);

    if (!has_queue(config, path) && !(config && has_queue(submit, path))) {
        hq_sm_config_free(config);
        config = NULL;
    }
    if (config) {
        take_interval(config);
        name_others(config, submit, path);
    }
    hq_sm_config_free(submit);
    return config;
}

bool hq_sm_config_owns(const char *path)
{
    struct hq_sm_config *config = hq_sm_config_find(path);

    hq_sm_config_free(config);
    return config != NULL;
}

const char *hq_sendmail_default(void)
{
    static char *found;

    if (!found) {
        struct hq_sm_config *config = load(main_files, G_N_ELEMENTS(main_files));
        found = config && config->queues->len ? base_of(config->queues->pdata[0]) : g_strdup("");
        hq_sm_config_free(config);
    }
    return *found && g_file_test(found, G_FILE_TEST_IS_DIR) ? found : NULL;
}

struct hq_child *hq_sm_config_list(struct hq_item_file *file)
{
    static const char *const argv[] = {HQ_SM_PROGRAM, "-Ac", "-bp", "-v", NULL};

    return hq_child_list(argv, file);
}

/* ---- what it tells ---- */

/* Class R holds domains and networks; "192.0.2" and "10" are networks by whole parts
 * (cf/README, "relay-domains"). */
static bool take_network(struct hq_context *context, const char *word)
{
    unsigned dots = 0, digits = 0;

    if (g_str_has_prefix(word, "IPv6:"))
        return hq_context_add_trust(context, word + strlen("IPv6:"));
    for (const char *p = word; *p; p++) {
        dots += *p == '.';
        digits += g_ascii_isdigit(*p) != 0;
        if (*p != '.' && !g_ascii_isdigit(*p) && *p != '/')
            return false;
    }
    if (!digits)
        return false;
    if (dots >= 3 || strchr(word, '/'))
        return hq_context_add_trust(context, word);
    static const char *const rest[] = {".0.0.0/8", ".0.0/16", ".0/24"};
    g_autofree char *net = g_strconcat(word, rest[dots], NULL);
    return hq_context_add_trust(context, net);
}

/* "Family=inet, Addr=192.0.2.1" */
static void take_egress(struct hq_context *context, const char *options)
{
    g_auto(GStrv) words = g_strsplit(options, ",", -1);

    for (unsigned i = 0; words[i]; i++) {
        const char *word = g_strstrip(words[i]);
        if (g_ascii_strncasecmp(word, "addr=", 5) == 0 || g_ascii_strncasecmp(word, "a=", 2) == 0)
            hq_context_add_egress(context, strchr(word, '=') + 1);
    }
}

void hq_sm_config_apply(const struct hq_sm_config *config, struct hq_context *context)
{
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, config->settings);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_hash_table_replace(context->mta, g_strdup(name), g_strdup(value));
    for (guint i = 0; i < config->our->len; i++) {
        const char *word = config->our->pdata[i];
        if (!take_network(context, word))
            hq_context_add_our(context, *word == '.' ? word + 1 : word);
    }
    const char *client = g_hash_table_lookup(config->settings, "ClientPortOptions");
    if (config->smart_host)
        hq_context_set_relay_host(context, config->smart_host);
    else if (client)
        take_egress(context, client);
    const char *host = config->hostname ? config->hostname : g_get_host_name();
    if (!context->hostname && strchr(host, '.'))
        context->hostname = g_strdup(host);
    if (strchr(host, '.'))
        hq_context_add_our(context, host);
    if (config->unread->len)
        g_hash_table_replace(context->mta, g_strdup("hopq_unread_tables"),
                             g_strdup(config->unread->str));
}
