/* SPDX-License-Identifier: ISC */
/* How much mail comes and goes for a destination, hour by hour over a week, and through which of
 * our addresses most of it came. */
#include "hopq/message.h"
#include "parts.h"
#include <string.h>

#define HOURS       INT64_C(168) /* a week */
#define DOMAINS_MAX 4000
#define THROUGH     8

/* Counts of the most frequent addresses (Misra and Gries 1982): exact while there are no more than
 * THROUGH of them, and never misses one that is more than a ninth of all. */
struct through {
    char *address;
    int64_t count;
};

struct hq_log_rate {
    char *domain;   /* NULL: of all that there was no room for */
    int64_t newest; /* hour since 1970 */
    uint32_t counts[HOURS][HQ_OUTCOME_COUNT];
    struct through through[THROUGH];
};

struct hq_log_rates {
    GHashTable *domains;
    struct hq_log_rate *others;
};

static void rate_free(gpointer data)
{
    struct hq_log_rate *rate = data;

    for (unsigned i = 0; i < THROUGH; i++)
        g_free(rate->through[i].address);
    g_free(rate->domain);
    g_free(rate);
}

struct hq_log_rates *hq_log_rates_new(void)
{
    struct hq_log_rates *rates = g_new0(struct hq_log_rates, 1);

    rates->domains = g_hash_table_new_full(hq_hash_str, g_str_equal, NULL, rate_free);
    return rates;
}

void hq_log_rates_free(struct hq_log_rates *rates)
{
    g_hash_table_unref(rates->domains);
    if (rates->others)
        rate_free(rates->others);
    g_free(rates);
}

struct hq_log_rate *hq_log_rates_find(struct hq_log_rates *rates, struct hq_log_span address)
{
    const char *at = memrchr(address.s, '@', address.n);
    char domain[256];
    size_t n = at ? MIN((size_t)(address.s + address.n - at - 1), sizeof domain - 1) : 0;

    for (size_t i = 0; i < n; i++)
        domain[i] = g_ascii_tolower(at[1 + i]);
    domain[n] = '\0';
    struct hq_log_rate *rate = g_hash_table_lookup(rates->domains, domain);
    if (rate)
        return rate;
    bool full = g_hash_table_size(rates->domains) >= DOMAINS_MAX;
    if (full && rates->others)
        return rates->others;
    rate = g_new0(struct hq_log_rate, 1);
    if (full) {
        rates->others = rate;
        return rate;
    }
    rate->domain = g_strdup(domain);
    g_hash_table_insert(rates->domains, rate->domain, rate);
    return rate;
}

static void advance(struct hq_log_rate *rate, int64_t hour)
{
    int64_t first = MAX(rate->newest + 1, hour - HOURS + 1);

    for (int64_t h = first; h <= hour; h++)
        memset(rate->counts[h % HOURS], 0, sizeof rate->counts[0]);
    rate->newest = MAX(rate->newest, hour);
}

void hq_log_rate_count(struct hq_log_rate *rate, int64_t time, enum hq_outcome outcome)
{
    int64_t hour = time / HQ_HOUR;

    if (time < 0)
        return;
    advance(rate, hour);
    if (hour > rate->newest - HOURS)
        rate->counts[hour % HOURS][outcome]++;
}

void hq_log_rate_through(struct hq_log_rate *rate, struct hq_log_span original)
{
    struct through *free = NULL;

    if (!original.s || original.n == 0)
        return;
    for (unsigned i = 0; i < THROUGH; i++) {
        struct through *through = &rate->through[i];
        if (through->count == 0) {
            free = free ? free : through;
        } else if (strlen(through->address) == original.n &&
                   g_ascii_strncasecmp(through->address, original.s, original.n) == 0) {
            through->count++;
            return;
        }
    }
    for (unsigned i = 0; !free && i < THROUGH; i++)
        rate->through[i].count--;
    if (!free)
        return;
    g_free(free->address);
    *free = (struct through){g_strndup(original.s, original.n), 1};
}

/* ---- sums ---- */

/* The sum of the hours FROM to TO, both included. */
static struct hq_flow sum(const struct hq_log_rate *rate, int64_t from, int64_t to)
{
    struct hq_flow flow = {0};

    for (int64_t h = MAX(from, rate->newest - HOURS + 1); h <= MIN(to, rate->newest); h++) {
        const uint32_t *counts = rate->counts[h % HOURS];
        flow.arrived += counts[HQ_OUTCOME_ARRIVED];
        flow.sent += counts[HQ_OUTCOME_SENT];
        flow.deferred += counts[HQ_OUTCOME_DEFERRED];
        flow.bounced += counts[HQ_OUTCOME_BOUNCED];
        flow.expired += counts[HQ_OUTCOME_EXPIRED];
    }
    return flow;
}

/* The window is the whole days up to the last full hour; all there is when the log has not one. */
static void fill_window(struct hq_rate *out, const struct hq_log_rate *rate, int64_t begins,
                        int64_t now)
{
    int64_t hour = now / HQ_HOUR;
    int64_t days = MIN((hour * HQ_HOUR - begins) / HQ_DAY, HOURS / 24 - 1);

    if (days >= 1) {
        out->span = days * HQ_DAY;
        out->window = sum(rate, hour - days * 24, hour - 1);
    } else {
        out->span = MAX(now - begins, 0);
        out->window = sum(rate, begins / HQ_HOUR, hour + 24);
    }
}

static void tell(const struct hq_log_rate *rate, int64_t begins, int64_t now,
                 void (*each)(const struct hq_rate *, void *), void *data)
{
    int64_t hour = now / HQ_HOUR;
    struct hq_rate out = {.domain = rate->domain};
    const struct through *top = &rate->through[0];

    for (unsigned i = 1; i < THROUGH; i++)
        if (rate->through[i].count > top->count)
            top = &rate->through[i];
    if (top->count) {
        out.through = top->address;
        out.through_count = top->count;
    }
    out.hour = sum(rate, hour - 1, hour - 1);
    out.day = sum(rate, hour - 24, hour + 24); /* up to a day ahead: some clocks are */
    fill_window(&out, rate, begins, now);
    each(&out, data);
}

void hq_log_rates_each(struct hq_log_rates *rates, int64_t begins, int64_t now,
                       void (*each)(const struct hq_rate *, void *), void *data)
{
    GHashTableIter iter;
    gpointer rate;

    g_hash_table_iter_init(&iter, rates->domains);
    while (g_hash_table_iter_next(&iter, NULL, &rate))
        tell(rate, begins, now, each, data);
    if (rates->others)
        tell(rates->others, begins, now, each, data);
}
