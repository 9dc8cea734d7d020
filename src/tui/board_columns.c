/* SPDX-License-Identifier: ISC */
/* The columns of the board: why mail waits and where, or who it comes from. */
#include "tui/board_columns.h"
#include "hopq/fields.h"

static void show_reason(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    g_string_append(out, ((const struct hq_group *)row)->reason);
}

static void show_domain(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *domain = ((const struct hq_group *)row)->domain;
    g_string_append(out, domain ? domain : "-");
}

static void show_provider(G_GNUC_UNUSED const struct hq_column *column,
                          G_GNUC_UNUSED const struct hq_term *term, const void *row,
                          G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *provider = ((const struct hq_group *)row)->provider;
    g_string_append(out, provider ? provider : "-");
}

static void show_name(G_GNUC_UNUSED const struct hq_column *column,
                      G_GNUC_UNUSED const struct hq_term *term, const void *row,
                      G_GNUC_UNUSED int64_t now, GString *out)
{
    g_string_append(out, hq_group_title(row));
}

/* Why most of it waits. */
static void show_most(G_GNUC_UNUSED const struct hq_column *column,
                      G_GNUC_UNUSED const struct hq_term *term, const void *row,
                      G_GNUC_UNUSED int64_t now, GString *out)
{
    const struct hq_reason *reason = ((const struct hq_group *)row)->reason_of;
    const char *name = reason ? hq_category_names[reason->kind->category] : NULL;
    g_string_append(out, name ? name : "-");
}

static void show_messages(G_GNUC_UNUSED const struct hq_column *column,
                          G_GNUC_UNUSED const struct hq_term *term, const void *row,
                          G_GNUC_UNUSED int64_t now, GString *out)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT, ((const struct hq_group *)row)->messages);
}

static void show_recipients(G_GNUC_UNUSED const struct hq_column *column,
                            G_GNUC_UNUSED const struct hq_term *term, const void *row,
                            G_GNUC_UNUSED int64_t now, GString *out)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT, ((const struct hq_group *)row)->recipients);
}

static void show_bytes(G_GNUC_UNUSED const struct hq_column *column,
                       G_GNUC_UNUSED const struct hq_term *term, const void *row,
                       G_GNUC_UNUSED int64_t now, GString *out)
{
    char size[16];
    g_string_append(out, hq_size_format(((const struct hq_group *)row)->bytes, size));
}

static void show_oldest(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row, int64_t now,
                        GString *out)
{
    char span[16];
    int64_t oldest = ((const struct hq_group *)row)->oldest;
    g_string_append(out, hq_time_span(oldest == HQ_NONE ? HQ_NONE : now - oldest, span));
}

static void show_next(G_GNUC_UNUSED const struct hq_column *column,
                      G_GNUC_UNUSED const struct hq_term *term, const void *row, int64_t now,
                      GString *out)
{
    char span[16];
    int64_t next = ((const struct hq_group *)row)->next_attempt;
    if (hq_group_is_held(row))
        g_string_append(out, "held");
    else if (next != HQ_NONE && next <= now)
        g_string_append(out, "due");
    else
        g_string_append(out, hq_time_span(next == HQ_NONE ? HQ_NONE : next - now, span));
}

/* Nothing is "-": the eye finds the numbers. */
static void append_count(GString *out, int64_t count)
{
    if (count > 0)
        g_string_append_printf(out, "%" G_GINT64_FORMAT, count);
    else
        g_string_append_c(out, '-');
}

static void show_expiring(G_GNUC_UNUSED const struct hq_column *column,
                          G_GNUC_UNUSED const struct hq_term *term, const void *row,
                          G_GNUC_UNUSED int64_t now, GString *out)
{
    append_count(out, ((const struct hq_group *)row)->expiring_6h);
}

static void show_forwarded(G_GNUC_UNUSED const struct hq_column *column,
                           G_GNUC_UNUSED const struct hq_term *term, const void *row,
                           G_GNUC_UNUSED int64_t now, GString *out)
{
    append_count(out, ((const struct hq_group *)row)->forwarded);
}

/* Young on the left, old on the right; the height of a bucket is its logarithm, because one
 * thousand beside three should leave the three visible. */
static void show_ages(G_GNUC_UNUSED const struct hq_column *column, const struct hq_term *term,
                      const void *row, G_GNUC_UNUSED int64_t now, GString *out)
{
    const struct hq_group *group = row;
    uint32_t most = 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(group->ages); i++)
        most = MAX(most, group->ages[i]);
    unsigned steps = g_bit_storage(most);
    for (unsigned i = 0; i < G_N_ELEMENTS(group->ages); i++) {
        unsigned height = g_bit_storage(group->ages[i]);
        if (group->ages[i] == 0)
            g_string_append_c(out, ' ');
        else
            g_string_append(out, hq_glyph(term, HQ_GLYPH_SPARK0 + (height * 7 / steps)));
    }
}

static void show_sample(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *sample = ((const struct hq_group *)row)->sample;
    g_string_append(out, sample ? sample : "");
}

static const enum hq_role trend_roles[HQ_TREND_STATE_COUNT] = {
    [HQ_TREND_UNKNOWN] = HQ_ROLE_DIM,   [HQ_TREND_DRAINING] = HQ_ROLE_GOOD,
    [HQ_TREND_STEADY] = HQ_ROLE_NORMAL, [HQ_TREND_GROWING] = HQ_ROLE_WARN,
    [HQ_TREND_STUCK] = HQ_ROLE_WARN,    [HQ_TREND_NEVER_DRAINS] = HQ_ROLE_BAD,
};

enum hq_role hq_board_trend_role(const void *row)
{
    return trend_roles[((const struct hq_group *)row)->trend.state];
}

static void show_trend(G_GNUC_UNUSED const struct hq_column *column,
                       G_GNUC_UNUSED const struct hq_term *term, const void *row,
                       G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *name = hq_trend_names[((const struct hq_group *)row)->trend.state];
    g_string_append(out, name ? name : "-");
}

static enum hq_role expiring_role(const void *row)
{
    return ((const struct hq_group *)row)->expiring_6h > 0 ? HQ_ROLE_BAD : HQ_ROLE_DIM;
}

static enum hq_role next_role(const void *row)
{
    return hq_group_is_held(row) ? HQ_ROLE_WARN : HQ_ROLE_NORMAL;
}

static enum hq_role count_role(G_GNUC_UNUSED const void *row)
{
    return HQ_ROLE_STRONG;
}

static enum hq_role spark_role(G_GNUC_UNUSED const void *row)
{
    return HQ_ROLE_SPARK;
}

static enum hq_role dim_role(G_GNUC_UNUSED const void *row)
{
    return HQ_ROLE_DIM;
}

static const struct hq_column by_reason[] = {
    {"WHY", 16, 0, 0, HQ_LEFT, show_reason, count_role},
    {"DESTINATION", 12, 2, 0, HQ_ENDS, show_domain, NULL},
    {"PROVIDER", 10, 0, 110, HQ_LEFT, show_provider, NULL},
    {"MSGS", 6, 0, 0, HQ_RIGHT, show_messages, count_role},
    {"SIZE", 5, 0, 100, HQ_RIGHT, show_bytes, NULL},
    {"FWD", 4, 0, 90, HQ_RIGHT, show_forwarded, NULL},
    {"OLDEST", 6, 0, 66, HQ_RIGHT, show_oldest, NULL},
    {"NEXT", 6, 0, 0, HQ_RIGHT, show_next, next_role},
    {"LOST<6h", 7, 0, 0, HQ_RIGHT, show_expiring, expiring_role},
    {"TREND", 12, 0, 94, HQ_LEFT, show_trend, hq_board_trend_role},
    {"5m AGES 4d", 12, 0, 80, HQ_LEFT, show_ages, spark_role},
    {"THEY SAID", 24, 5, 130, HQ_LEFT, show_sample, dim_role},
};

/* Of the other keys: TITLE says which. */
#define BY(title)                                                         \
    {                                                                     \
        {title, 18, 3, 0, HQ_ENDS, show_name, NULL},                      \
            {"MOSTLY", 16, 0, 72, HQ_LEFT, show_most, NULL},              \
            {"MSGS", 6, 0, 0, HQ_RIGHT, show_messages, count_role},       \
            {"RCPTS", 6, 0, 90, HQ_RIGHT, show_recipients, NULL},         \
            {"SIZE", 5, 0, 100, HQ_RIGHT, show_bytes, NULL},              \
            {"FWD", 4, 0, 90, HQ_RIGHT, show_forwarded, NULL},            \
            {"OLDEST", 6, 0, 66, HQ_RIGHT, show_oldest, NULL},            \
            {"NEXT", 6, 0, 0, HQ_RIGHT, show_next, next_role},            \
            {"LOST<6h", 7, 0, 0, HQ_RIGHT, show_expiring, expiring_role}, \
            {"5m AGES 4d", 12, 0, 84, HQ_LEFT, show_ages, spark_role},    \
            {"THEY SAID", 24, 5, 130, HQ_LEFT, show_sample, dim_role},    \
    }
static const struct hq_column by_sender[] = BY("SENDER");
static const struct hq_column by_origin[] = BY("ORIGIN");
static const struct hq_column by_relay[] = BY("RELAY");

static const struct {
    const char *meaning;
    const struct hq_column *columns;
    unsigned n;
} tables[HQ_BOARD_KEYS] = {
    [HQ_BOARD_REASON] = {"why it waits, and for which destination", by_reason,
                         G_N_ELEMENTS(by_reason)},
    [HQ_BOARD_SENDER] = {"envelope sender", by_sender, G_N_ELEMENTS(by_sender)},
    [HQ_BOARD_ORIGIN] = {"user who logged in, else client; for local mail the script", by_origin,
                         G_N_ELEMENTS(by_origin)},
    [HQ_BOARD_RELAY] = {"host that answered or failed", by_relay, G_N_ELEMENTS(by_relay)},
};

const struct hq_column *hq_board_columns(enum hq_board_key by, unsigned *n)
{
    *n = tables[by].n;
    return tables[by].columns;
}

const char *hq_board_meaning(enum hq_board_key by)
{
    return tables[by].meaning;
}
