/* SPDX-License-Identifier: ISC */
/* Numbers for Prometheus, in its text format 0.0.4, as node_exporter's textfile collector takes it.
 * Labels are made by strangers (domains of recipients): no more than the largest few become time
 * series, the rest is added up as "other". */
#include "dump/dump_internal.h"
#include <string.h>

enum { DESTINATIONS = 30 };

struct sums {
    int64_t messages, recipients, expiring, forwarded;
    int64_t oldest; /* arrival */
};

/* The rows of some metrics: label sets and what is counted under them. */
struct row {
    char *labels; /* as they are written */
    struct sums sums;
};

struct table {
    GArray *rows;
    GHashTable *index; /* labels → number of the row + 1 */
};

static void add(struct sums *sums, const struct hq_group *group)
{
    sums->messages += group->messages;
    sums->recipients += group->recipients;
    sums->expiring += group->expiring_6h;
    sums->forwarded += group->forwarded;
    sums->oldest = hq_time_sooner(sums->oldest, group->oldest);
}

/* ---- writing ---- */

/* Backslash, quote and line feed are escaped; what is no UTF-8 or steers a terminal is replaced. */
static void append_value(GString *out, const char *value)
{
    g_autoptr(GString) safe = g_string_new(NULL);

    hq_text_safe(safe, value, strlen(value), HQ_TEXT_PLAIN);
    for (const char *s = safe->str; *s; s++) {
        if (*s == '\\' || *s == '"')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *s);
    }
}

/* "{queue=\"deferred\"}" */
static char *format_labels(const char *const *names, const char *const *values)
{
    GString *out = g_string_new("{");

    for (unsigned i = 0; names[i]; i++) {
        g_string_append_printf(out, "%s%s=\"", i ? "," : "", names[i]);
        append_value(out, values[i] ? values[i] : "");
        g_string_append_c(out, '"');
    }
    return g_string_free(g_string_append_c(out, '}'), FALSE);
}

static void append_sample(GString *out, const char *metric, const char *labels, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(out, "hopq_%s%s %s\n", metric, labels,
                           g_ascii_formatd(number, sizeof number, "%.15g", value));
}

static void append_head(GString *out, const char *metric, const char *help)
{
    g_string_append_printf(out, "# HELP hopq_%s %s\n# TYPE hopq_%s gauge\n", metric, help, metric);
}

/* ---- metrics ---- */

static double messages_of(const struct sums *sums, int64_t now)
{
    (void)now;
    return (double)sums->messages;
}

static double recipients_of(const struct sums *sums, int64_t now)
{
    (void)now;
    return (double)sums->recipients;
}

static double expiring_of(const struct sums *sums, int64_t now)
{
    (void)now;
    return (double)sums->expiring;
}

static double forwarded_of(const struct sums *sums, int64_t now)
{
    (void)now;
    return (double)sums->forwarded;
}

static double age_of(const struct sums *sums, int64_t now)
{
    return sums->oldest == HQ_NONE ? 0 : (double)(MAX(now - sums->oldest, 0) / HQ_SECOND);
}

static const struct {
    const char *name; /* behind the name of the table */
    const char *help;
    double (*value)(const struct sums *sums, int64_t now);
} metrics[] = {
    {"messages", "Messages", messages_of},
    {"recipients", "Recipients", recipients_of},
    {"expiring_messages", "Messages that are given up within six hours", expiring_of},
    {"forwarded_messages", "Messages that are forwarded mail", forwarded_of},
    {"oldest_age_seconds", "Age of the oldest message", age_of},
};

/* All samples of a metric stand together. TABLE ("queue") begins its name; frees ROWS. */
static void append_table(const struct hq_dump *dump, const char *table, const char *words,
                         struct table *rows)
{
    GString *out = dump->sink->out;

    for (unsigned m = 0; rows->rows->len && m < G_N_ELEMENTS(metrics); m++) {
        g_autofree char *metric = g_strdup_printf("%s_%s", table, metrics[m].name);
        g_autofree char *help = g_strdup_printf("%s %s.", metrics[m].help, words);
        append_head(out, metric, help);
        for (guint i = 0; i < rows->rows->len; i++) {
            const struct row *row = &g_array_index(rows->rows, struct row, i);
            append_sample(out, metric, row->labels,
                          metrics[m].value(&row->sums, dump->options->now));
        }
    }
    g_hash_table_unref(rows->index);
    g_array_unref(rows->rows);
    hq_sink_check(dump->sink);
}

/* ---- tables ---- */

static void clear_row(gpointer row)
{
    g_free(((struct row *)row)->labels);
}

static struct table new_table(void)
{
    struct table table = {g_array_new(FALSE, FALSE, sizeof(struct row)),
                          g_hash_table_new(g_str_hash, g_str_equal)};

    g_array_set_clear_func(table.rows, clear_row);
    return table;
}

/* Number of the row with these labels. Names of strangers that differ may look the same when they
 * are made safe, and a series that comes twice makes a collector drop the whole file. */
static guint row_of(struct table *table, const char *const *names, const char *const *values)
{
    struct row row = {format_labels(names, values), {.oldest = HQ_NONE}};
    gsize at = GPOINTER_TO_SIZE(g_hash_table_lookup(table->index, row.labels));

    if (at) {
        g_free(row.labels);
        return (guint)at - 1;
    }
    g_array_append_val(table->rows, row);
    g_hash_table_insert(table->index, row.labels, GSIZE_TO_POINTER((gsize)table->rows->len));
    return table->rows->len - 1;
}

static void add_message(struct sums *sums, const struct hq_message *message, int64_t now)
{
    bool expiring = false;

    sums->messages++;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        bool waits = hq_recipient_waits(&message->recipients[i]);
        sums->recipients += waits;
        expiring |= waits && hq_recipient_expires_soon(&message->recipients[i], now);
    }
    sums->expiring += expiring;
    sums->forwarded += message->forwarded.is == HQ_YES;
    sums->oldest = hq_time_sooner(sums->oldest, message->arrived);
}

/* A queue's messages are counted whole, whatever their recipients wait for. Folders of mailboxes
 * can be many. */
static void write_queues(const struct hq_dump *dump)
{
    static const char *const names[] = {"queue", NULL};
    struct table table = new_table();
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < dump->all->len; i++) {
        const struct hq_message *message = dump->all->pdata[i];
        const char *queue = message->queue ? message->queue : "";
        gsize at = GPOINTER_TO_SIZE(g_hash_table_lookup(known, queue));
        if (at == 0) {
            const char *label = table.rows->len < DESTINATIONS ? queue : "other";
            at = row_of(&table, names, &label) + 1;
            g_hash_table_insert(known, (gpointer)queue, GSIZE_TO_POINTER(at));
        }
        add_message(&g_array_index(table.rows, struct row, at - 1).sums, message,
                    dump->options->now);
    }
    append_table(dump, "queue", "in the queue", &table);
}

static void write_reasons(const struct hq_dump *dump)
{
    static const char *const names[] = {"reason", NULL};
    struct table table = new_table();

    for (unsigned i = 0; i < hq_board_count(dump->board); i++) {
        const struct hq_group *group = hq_board_get(dump->board, i);
        guint row = row_of(&table, names, &group->reason);
        add(&g_array_index(table.rows, struct row, row).sums, group);
    }
    append_table(dump, "reason", "that wait for this reason", &table);
}

/* Group by group, the largest first; what is behind them as one. */
static void write_destinations(const struct hq_dump *dump)
{
    static const char *const names[] = {"reason", "domain", "provider", NULL};
    static const char *const other[] = {"other", "other", "other"};
    struct table table = new_table();

    for (unsigned i = 0; i < hq_board_count(dump->board); i++) {
        const struct hq_group *group = hq_board_get(dump->board, i);
        const char *const values[] = {group->reason, group->domain, group->provider};
        guint row = row_of(&table, names, i < DESTINATIONS ? values : other);
        add(&g_array_index(table.rows, struct row, row).sums, group);
    }
    append_table(dump, "destination", "that wait for a destination and reason", &table);
}

/* What the log says of the destinations above: one row a domain. */
static void write_rates(const struct hq_dump *dump)
{
    static const char *const names[] = {"domain", "result", NULL};
    static const struct {
        const char *result;
        size_t offset;
    } counts[] = {
        {"arrived", offsetof(struct hq_flow, arrived)},
        {"sent", offsetof(struct hq_flow, sent)},
        {"deferred", offsetof(struct hq_flow, deferred)},
        {"bounced", offsetof(struct hq_flow, bounced)},
        {"expired", offsetof(struct hq_flow, expired)},
    };
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GString *out = dump->sink->out;

    for (unsigned i = 0; i < MIN(hq_board_count(dump->board), (unsigned)DESTINATIONS); i++) {
        const struct hq_group *group = hq_board_get(dump->board, i);
        if (!group->rates || !group->domain)
            continue;
        if (g_hash_table_size(told) == 0)
            append_head(out, "destination_day_recipients",
                        "Recipients of the last 24 hours by the mail log.");
        for (unsigned k = 0; k < G_N_ELEMENTS(counts); k++) {
            const char *const values[] = {group->domain, counts[k].result};
            const char *day = (const char *)&group->rates->day;
            char *labels = format_labels(names, values);
            if (g_hash_table_add(told, labels)) /* the reasons of a domain share its rates */
                append_sample(out, "destination_day_recipients", labels,
                              (double)*(const int64_t *)(const void *)(day + counts[k].offset));
        }
    }
}

static void write_single(const struct hq_dump *dump, const char *metric, const char *help,
                         double value)
{
    append_head(dump->sink->out, metric, help);
    append_sample(dump->sink->out, metric, "", value);
}

void hq_dump_prometheus_snapshot(struct hq_dump *dump)
{
    const struct hq_snapshot *snapshot = dump->snapshot;

    write_queues(dump);
    hq_dump_await_board(dump);
    if (dump->options->group_by == HQ_BOARD_REASON) {
        write_reasons(dump);
        write_destinations(dump);
        write_rates(dump);
    }
    write_single(dump, "unreadable_messages", "Messages that could not be read.",
                 snapshot->unreadable);
    write_single(dump, "partial", "1 when something that should be counted is not.",
                 snapshot->partial || !snapshot->complete);
    if (dump->options->took != HQ_NONE)
        write_single(dump, "scan_seconds", "Time that the scan took.",
                     (double)dump->options->took / (double)HQ_SECOND);
}
