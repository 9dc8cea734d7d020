/* SPDX-License-Identifier: ISC */
/* Configuration of OpenSMTPD: see config.h. A domain is ours when mail for it is
 * delivered here, or is taken from anybody. smtpd.conf(5) of 6.8 and 7. */
#include "config.h"
#include "hopq/io.h"
#include "hopq/time.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)1024 * 1024)
#define DEPTH_MAX      8 /* of files that include others */

struct config {
    struct hq_context *context;
    GHashTable *macros;
    GHashTable *tables; /* char *name to GPtrArray of char * */
    GHashTable *remote; /* char *names of actions that relay */
    char *relay_host;   /* of one of them; NULL: none has any */
    bool direct;        /* one of them has none */
    GString *unread;
    unsigned depth;
};

typedef void (*take_fn)(struct config *config, const char *value);

static bool is(const char *word, const char *what)
{
    return word && strcmp(word, what) == 0;
}

static void set(struct config *config, char *name, const char *value)
{
    g_hash_table_replace(config->context->mta, name, g_strdup(value));
}

/* The text of a file that only root can have written. NULL: there is none. */
static char *slurp(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != 0 ||
        (st.st_mode & (S_IWGRP | S_IWOTH)))
        return NULL;
    return hq_io_slurp(path, FILE_MAX_BYTES, NULL, NULL);
}

/* ---- tables ---- */

static void note_unread(struct config *config, const char *table)
{
    g_string_append_printf(config->unread, "%s%s", config->unread->len ? ", " : "", table);
}

/* The first word of each line: table(5). */
static void read_table(GPtrArray *values, const char *path)
{
    g_autofree char *text = slurp(path);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    for (unsigned i = 0; lines[i]; i++) {
        const char *word = g_strstrip(lines[i]);
        size_t n = strcspn(word, " \t,:");
        if (n && *word != '#')
            g_ptr_array_add(values, g_strndup(word, n));
    }
}

/* Words between braces; with "key = value" only the key. Returns what stands behind them. */
static char **read_list(char **words, GPtrArray *values)
{
    bool key = true;

    if (!is(*words, "{")) {
        if (*words)
            g_ptr_array_add(values, g_strdup(*words++));
        return words;
    }
    for (words++; *words && !is(*words, "}"); words++) {
        if (is(*words, ","))
            key = true;
        else if (is(*words, "="))
            key = false;
        else if (key)
            g_ptr_array_add(values, g_strdup(*words));
    }
    return *words ? words + 1 : words;
}

/* table NAME { … }, table NAME file:PATH, table NAME PATH; others are programs and databases. */
static void take_table(struct config *config, char **words)
{
    GPtrArray *values;

    if (!words[1] || !words[2])
        return;
    values = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_replace(config->tables, g_strdup(words[1]), values);
    if (is(words[2], "{"))
        read_list(words + 2, values);
    else if (g_str_has_prefix(words[2], "file:"))
        read_table(values, words[2] + strlen("file:"));
    else if (words[2][0] == '/')
        read_table(values, words[2]);
    else
        g_ptr_array_add(values, NULL); /* not for us to read */
}

/* Gives TAKE each value of a table, a list or a word. Returns what stands behind it. */
static char **each(struct config *config, char **words, take_fn take)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    char **rest = read_list(words, values);

    for (guint i = 0; i < values->len; i++) {
        const char *word = values->pdata[i];
        g_autofree char *name = *word == '<' ? g_strndup(word + 1, strcspn(word + 1, ">")) : NULL;
        const GPtrArray *table = name ? g_hash_table_lookup(config->tables, name) : NULL;
        if (!name)
            take(config, word);
        for (guint k = 0; table && k < table->len; k++) {
            if (table->pdata[k])
                take(config, table->pdata[k]);
            else
                note_unread(config, name);
        }
    }
    return rest;
}

static char **skip_list(char **words)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);

    return read_list(words, values);
}

static void take_our(struct config *config, const char *value)
{
    hq_context_add_our(config->context, g_str_has_prefix(value, "*.") ? value + 2 : value);
}

static void take_trust(struct config *config, const char *value)
{
    hq_context_add_trust(config->context, value);
}

static void take_egress(struct config *config, const char *value)
{
    hq_context_add_egress(config->context, value);
}

/* ---- statements ---- */

/* "smtp+tls://label@relay.test:587" */
static char *host_of(const char *url)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    const char *at = strrchr(host, '@');

    return g_strdup(at ? at + 1 : host);
}

/* Where a relay sends to, and from where; a host that it sends to is what destinations see. A
 * backup sends to better ones of the same domain. */
static void take_relay(struct config *config, char **options)
{
    const char *host = NULL;

    for (char **word = options; *word; word++)
        if (is(*word, "host") && word[1])
            host = word[1];
    if (host && !config->relay_host)
        config->relay_host = host_of(host);
    config->direct |= !host;
    for (char **word = options; *word && !host; word++)
        if (is(*word, "src") && word[1])
            each(config, word + 1, take_egress);
}

/* action NAME METHOD OPTION… */
static void take_action(struct config *config, char **words)
{
    const char *name = words[1];

    if (!name || !words[2])
        return;
    if (is(words[2], "relay")) {
        g_hash_table_add(config->remote, g_strdup(name));
        take_relay(config, words + 3);
    }
    for (char **word = words + 3; *word; word++) {
        if (is(*word, "ttl") && word[1])
            set(config, g_strdup_printf("action %s ttl", name), word[1]);
    }
}

struct match {
    bool from_any, for_any, for_local;
    char **source, **domains; /* in the statement; NULL: not said, or negated */
    const char *action;
};

/* One option of a match, behind "from" or "for". Returns what stands behind it. */
static char **read_option(char **words, bool negated, struct match *match, bool from)
{
    const char *what = *words;

    if (!what)
        return words;
    match->from_any |= from && is(what, "any") && !negated;
    match->for_any |= !from && is(what, "any") && !negated;
    match->for_local |= !from && is(what, "local") && !negated;
    if (!is(what, "src") && !is(what, "domain") && !is(what, "rcpt-to") && !is(what, "rdns") &&
        !is(what, "mail-from"))
        return words + 1;
    if (is(what, "src") && !negated)
        match->source = words + 1;
    if (is(what, "domain") && !negated)
        match->domains = words + 1;
    return skip_list(words + 1);
}

static struct match read_match(char **words)
{
    struct match match = {0};
    bool negated = false;

    for (words++; *words;) {
        bool from = is(*words, "from"), is_for = is(*words, "for");
        if (is(*words, "action")) {
            match.action = words[1];
            return match;
        }
        if (is(*words, "!"))
            negated = true;
        words++;
        if (!from && !is_for)
            continue;
        if (is(*words, "!")) {
            negated = true;
            words++;
        }
        words = read_option(words, negated, &match, from);
        negated = false;
    }
    return match;
}

/* Without an action mail is refused. */
static void take_match(struct config *config, char **words)
{
    struct match match = read_match(words);
    bool local = match.action && !g_hash_table_contains(config->remote, match.action);

    if (!match.action)
        return;
    if (match.domains && (match.from_any || local))
        each(config, match.domains, take_our);
    if (match.source && match.for_any)
        each(config, match.source, take_trust);
    if (match.for_local && config->context->hostname)
        take_our(config, config->context->hostname);
}

static void take_queue(struct config *config, char **words)
{
    if (is(words[1], "ttl") && words[2])
        set(config, g_strdup("queue ttl"), words[2]);
}

/* "bounce warn-interval { 1h, 6h, 2d }": as one text, "1h 6h 2d" */
static void take_bounce(struct config *config, char **words)
{
    g_autoptr(GString) times = g_string_new(NULL);

    if (!is(words[1], "warn-interval"))
        return;
    for (char **word = words + 2; *word && !is(*word, "}"); word++)
        if (g_ascii_isdigit(**word))
            g_string_append_printf(times, "%s%s", times->len ? " " : "", *word);
    if (times->len)
        set(config, g_strdup("bounce warn-interval"), times->str);
}

static void read_text(struct config *config, const char *text);

static void take_include(struct config *config, char **words)
{
    g_autofree char *text = words[1] && config->depth < DEPTH_MAX ? slurp(words[1]) : NULL;

    config->depth++;
    if (text)
        read_text(config, text);
    config->depth--;
}

static void read_text(struct config *config, const char *text)
{
    static const struct {
        const char *word;
        void (*take)(struct config *config, char **words);
    } statements[] = {{"action", take_action}, {"bounce", take_bounce}, {"include", take_include},
                      {"match", take_match},   {"queue", take_queue},   {"table", take_table}};
    g_autoptr(GPtrArray) all = hq_smtpd_config_split(text, config->macros);

    for (guint i = 0; i < all->len; i++) {
        char **words = all->pdata[i];
        for (unsigned k = 0; k < G_N_ELEMENTS(statements); k++)
            if (is(words[0], statements[k].word))
                statements[k].take(config, words);
    }
}

static void free_table(void *values)
{
    g_ptr_array_free(values, TRUE);
}

void hq_smtpd_config_apply(const char *text, struct hq_context *context)
{
    struct config config = {.context = context, .unread = g_string_new(NULL)};

    config.macros = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    config.tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_table);
    config.remote = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    read_text(&config, text);
    if (config.unread->len)
        set(&config, g_strdup("hopq_unread_tables"), config.unread->str);
    if (config.relay_host && !config.direct)
        hq_context_set_relay_host(context, config.relay_host);
    g_free(config.relay_host);
    g_string_free(config.unread, TRUE);
    g_hash_table_destroy(config.macros);
    g_hash_table_destroy(config.tables);
    g_hash_table_destroy(config.remote);
}

/* getmailname() of util.c: the first line of mailname, else the name of the host if it is whole. */
static char *host_name(void)
{
    g_autofree char *text = slurp("/etc/mailname");
    char name[256] = "";

    if (text && *g_strstrip(text))
        return g_strndup(text, strcspn(text, "\n"));
    return gethostname(name, sizeof name - 1) == 0 && strchr(name, '.') ? g_strdup(name) : NULL;
}

void hq_smtpd_config_read(const char *path, struct hq_context *context)
{
    g_autofree char *text = slurp(path);

    if (!text)
        return;
    if (!context->hostname)
        context->hostname = host_name();
    hq_smtpd_config_apply(text, context);
}
