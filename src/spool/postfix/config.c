/* SPDX-License-Identifier: ISC */
/* Configuration of Postfix: which instance a queue belongs to, and what its postconf(1) tells. A
 * configuration directory is believed only when none but root can write to it, since programs run
 * with it. */
#include "config.h"
#include "spool/files.h"
#include "spool/spools.h"
#include <string.h>
#include <sys/stat.h>

#define POSTCONF       "/usr/sbin/postconf"
#define POSTQUEUE      "/usr/sbin/postqueue"
#define DEFAULT_CONFIG "/etc/postfix"
#define DEFAULT_QUEUE  "/var/spool/postfix"
#define OUTPUT_MAX     ((size_t)1024 * 1024)
#define TIMEOUT        2000 /* milliseconds */

struct hq_pf_config {
    unsigned holders;
    char *directory;
    GHashTable *settings; /* char * to char * */
};

enum kind { SETTING, OURS, TRUST };

static const struct {
    const char *name;
    enum kind kind;
} wanted[] = {
    {"queue_directory", SETTING},
    {"multi_instance_directories", SETTING},
    {"minimal_backoff_time", SETTING},
    {"maximal_backoff_time", SETTING},
    {"queue_run_delay", SETTING},
    {"maximal_queue_lifetime", SETTING},
    {"bounce_queue_lifetime", SETTING},
    {"delay_warning_time", SETTING},
    {"empty_address_recipient", SETTING},
    {"recipient_delimiter", SETTING},
    {"mail_version", SETTING},
    {"maillog_file", SETTING},
    {"relayhost", SETTING},
    {"smtp_helo_name", SETTING},
    {"inet_interfaces", SETTING},
    {"myhostname", OURS},
    {"mydomain", OURS},
    {"myorigin", OURS},
    {"mydestination", OURS},
    {"virtual_alias_domains", OURS},
    {"virtual_mailbox_domains", OURS},
    {"relay_domains", OURS},
    {"mynetworks", TRUST},
    {"smtp_bind_address", SETTING},
    {"smtp_bind_address6", SETTING},
    {"proxy_interfaces", SETTING},
};

void hq_pf_config_free(struct hq_pf_config *config)
{
    if (!config || --config->holders)
        return;
    g_free(config->directory);
    g_hash_table_destroy(config->settings);
    g_free(config);
}

static bool only_root_writes(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* DIRECTORY comes from other configuration or from a running master: absolute, plain, root's. */
static bool is_trusted(const char *directory)
{
    g_autofree char *main_cf = g_build_filename(directory, "main.cf", NULL);

    return g_path_is_absolute(directory) && only_root_writes(directory) &&
           only_root_writes(main_cf);
}

/* "name = value" lines of postconf; $names in values are expanded by -x. */
static GHashTable *ask(const char *directory)
{
    const char *argv[G_N_ELEMENTS(wanted) + 5] = {POSTCONF, "-c", directory, "-x"};
    GHashTable *settings;
    char *next = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++)
        argv[4 + i] = wanted[i].name;
    g_autofree char *output = hq_child_output(argv, OUTPUT_MAX, TIMEOUT);
    if (!output)
        return NULL;
    settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (char *line = output; line && *line; line = next) {
        char *equal;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        equal = strstr(line, " =");
        if (equal)
            g_hash_table_replace(settings, g_strndup(line, (size_t)(equal - line)),
                                 g_strstrip(g_strdup(equal + 2)));
    }
    return settings;
}

/* The configuration in DIRECTORY, counted: each caller frees it. The last one is kept, because
 * several callers ask for it one after the other and postconf is slow. */
static struct hq_pf_config *load(const char *directory)
{
    static struct hq_pf_config *last;

    if (!last || strcmp(last->directory, directory) != 0) {
        GHashTable *settings = is_trusted(directory) ? ask(directory) : NULL;
        if (!settings)
            return NULL;
        hq_pf_config_free(last);
        last = g_new(struct hq_pf_config, 1);
        *last = (struct hq_pf_config){1, g_strdup(directory), settings};
    }
    last->holders++;
    return last;
}

static const char *setting(const struct hq_pf_config *config, const char *name)
{
    const char *value = g_hash_table_lookup(config->settings, name);

    return value ? value : "";
}

const char *hq_pf_config_option(const struct hq_pf_config *config)
{
    return strcmp(config->directory, DEFAULT_CONFIG) == 0 ? NULL : config->directory;
}

static bool owns(const struct hq_pf_config *config, const char *path)
{
    struct stat a, b;

    return stat(setting(config, "queue_directory"), &a) == 0 && stat(path, &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The configuration in DIRECTORY when it is the one of PATH; else NULL and its list of other
 * instances in OTHERS, when that is not NULL. */
static struct hq_pf_config *try(const char *directory, const char *path, char **others)
{
    struct hq_pf_config *config = directory ? load(directory) : NULL;

    if (!config || owns(config, path))
        return config;
    if (others)
        *others = g_strdup(setting(config, "multi_instance_directories"));
    hq_pf_config_free(config);
    return NULL;
}

struct hq_pf_config *hq_pf_config_find(const char *path)
{
    g_autofree char *others = NULL;
    struct hq_pf_config *config = try(hq_pf_instance_directory(path), path, NULL);

    if (!config)
        config = try(DEFAULT_CONFIG, path, &others);
    g_auto(GStrv) directories = others ? g_strsplit_set(others, ", \t", -1) : NULL;
    for (unsigned i = 0; !config && directories && directories[i]; i++)
        config = try(directories[i], path, NULL);
    return config;
}

/* ---- what it tells ---- */

/* A table ("hash:/etc/x"), a file, or something not expanded. */
static bool is_elsewhere(const char *word)
{
    return strchr(word, '/') || strchr(word, ':') || strchr(word, '$');
}

static void take_network(struct hq_context *context, char *word, GString *unread)
{
    char *plain = word;

    if (*word == '[') { /* "[::1]/128" */
        char *end = strchr(word, ']');
        plain = word + 1;
        if (end)
            memmove(end, end + 1, strlen(end));
    }
    if (!hq_context_add_trust(context, plain))
        g_string_append_printf(unread, "%s%s", unread->len ? ", " : "", word);
}

/* postconf(5), smtp_bind_address: a single address in inet_interfaces is also sent from. */
static void take_interface(const char *words, uint8_t family, struct hq_context *context)
{
    g_auto(GStrv) list = g_strsplit_set(words, ", \t[]", -1);
    const char *only = NULL;
    unsigned count = 0;
    struct hq_ip ip;

    for (unsigned i = 0; list[i]; i++) {
        if (!hq_ip_parse_str(list[i], &ip) || ip.family != family ||
            hq_ip_classify(&ip) == HQ_IP_LOOPBACK)
            continue;
        only = list[i];
        count++;
    }
    if (count == 1)
        hq_context_add_egress(context, only);
}

/* Mail that a relay host sends on does not come from here. */
static void take_egress(const struct hq_pf_config *config, struct hq_context *context)
{
    static const char *const names[] = {"smtp_bind_address", "smtp_bind_address6",
                                        "proxy_interfaces"};
    guint before = context->egress->len;

    if (*setting(config, "relayhost")) {
        hq_context_set_relay_host(context, setting(config, "relayhost"));
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(GStrv) words = g_strsplit_set(setting(config, names[i]), ", \t[]", -1);
        for (unsigned w = 0; words[w]; w++)
            hq_context_add_egress(context, words[w]);
    }
    if (context->egress->len > before)
        return;
    take_interface(setting(config, "inet_interfaces"), 4, context);
    take_interface(setting(config, "inet_interfaces"), 6, context);
}

static void take_word(struct hq_context *context, enum kind kind, char *word, GString *unread)
{
    if (kind == TRUST && *word)
        take_network(context, word, unread);
    else if (*word == '\0' || *word == '!') /* "!domain" is an exception */
        return;
    else if (is_elsewhere(word))
        g_string_append_printf(unread, "%s%s", unread->len ? ", " : "", word);
    else
        hq_context_add_our(context, word);
}

void hq_pf_config_apply(const struct hq_pf_config *config, struct hq_context *context)
{
    g_autoptr(GString) unread = g_string_new(NULL);
    const char *hostname = setting(config, "myhostname");

    for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++) {
        const char *value = setting(config, wanted[i].name);
        g_hash_table_replace(context->mta, g_strdup(wanted[i].name), g_strdup(value));
        if (wanted[i].kind == SETTING)
            continue;
        g_auto(GStrv) words = g_strsplit_set(value, ", \t", -1);
        for (unsigned w = 0; words[w]; w++)
            take_word(context, wanted[i].kind, words[w], unread);
    }
    take_egress(config, context);
    if (!context->hostname && *hostname)
        context->hostname = g_strdup(hostname);
    if (unread->len)
        g_hash_table_replace(context->mta, g_strdup("hopq_unread_tables"), g_strdup(unread->str));
}

struct hq_child *hq_pf_config_list(const struct hq_pf_config *config, struct hq_item_file *file)
{
    const char *directory = hq_pf_config_option(config);
    const char *const argv[] = {POSTQUEUE, "-j", directory ? "-c" : NULL, directory, NULL};

    return hq_child_list(argv, file);
}

const char *hq_postfix_default(void)
{
    static char *found;

    if (!found) {
        struct hq_pf_config *config = load(DEFAULT_CONFIG);
        found = g_strdup(config ? setting(config, "queue_directory") : DEFAULT_QUEUE);
        hq_pf_config_free(config);
    }
    return hq_postfix_recognise(found) ? found : NULL;
}
