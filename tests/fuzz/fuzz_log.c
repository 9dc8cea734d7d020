/* SPDX-License-Identifier: ISC */
/* A mail log of any bytes: what a line is said to have lies within it, and a log of many lines
 * tells of no more than it was given. The first byte chooses what is kept. */
#include "hopq/arena.h"
#include "hopq/log.h"
#include <string.h>

#define NOW (INT64_C(1795324800) * HQ_SECOND)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_span(struct hq_log_span span, const char *s, size_t n)
{
    g_assert(!span.s || (span.s >= s && span.n <= n && span.s + span.n <= s + n));
}

static void check_line(const char *s, size_t n)
{
    struct hq_log_line line;
    bool known = hq_log_line_parse(&line, s, n, NOW);
    const struct hq_log_span spans[] = {line.program, line.pid,    line.id,
                                        line.session, line.sender, line.to,
                                        line.relay,   line.text,   line.original};

    for (unsigned i = 0; i < G_N_ELEMENTS(spans); i++)
        check_span(spans[i], s, n);
    g_assert(known == (line.form != NULL));
    g_assert(line.result < HQ_OUTCOME_COUNT);
    g_assert(!known || line.time != HQ_NONE);
    g_assert(line.kind != HQ_LOG_DELIVERY || (line.id.n && line.to.s));
    g_assert(line.delay == HQ_NONE || line.delay >= 0);
}

static void count_attempts(const struct hq_history *history, void *data)
{
    int64_t *sum = data;

    g_assert(history->id && strlen(history->id) < 64);
    for (uint32_t i = 0; i < history->tried_count; i++)
        *sum += history->tried[i].count;
    for (uint32_t i = 0; i < history->attempt_count; i++)
        g_assert(history->attempts[i].result < HQ_OUTCOME_COUNT);
}

static void check_rate(const struct hq_rate *rate, void *data)
{
    (void)data;
    g_assert(rate->span >= 0 && rate->window.sent >= 0 && rate->day.arrived >= rate->hour.arrived);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const some[] = {"4fXyzA1B2C3D", "1tEabc-000abc-2D", NULL};
    const char *s = (const char *)data + 1, *end = (const char *)data + n;
    int64_t attempts = 0, lines = 0;

    if (n == 0)
        return 0;
    hq_log_init();
    struct hq_log *log = hq_log_new(NOW, NOW - 7 * HQ_DAY);
    if (*data % 3)
        hq_log_want_texts(log, *data % 3 == 1 ? some : NULL);
    for (; s < end; lines++) {
        const char *lf = memchr(s, '\n', (size_t)(end - s));
        size_t length = (size_t)((lf ? lf : end) - s);
        check_line(s, length);
        hq_log_take(log, s, length);
        s += length + (lf != NULL);
    }
    while (hq_log_each_history(log, 10, count_attempts, &attempts)) {
    }
    hq_log_each_rate(log, check_rate, NULL);
    g_assert(attempts <= lines);
    hq_log_free(log);
    return 0;
}
