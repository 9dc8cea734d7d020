/* SPDX-License-Identifier: ISC */
/* What is asked of the DNS about a message in full: one row a check (checks.c). A check never
 * waits: where the cache lacks an answer it notes the question and runs again from its beginning
 * when something new is in. */
#ifndef HOPQ_SPOOL_CHECKS_H
#define HOPQ_SPOOL_CHECKS_H

#include "hopq/context.h"
#include "hopq/detail.h"
#include "hopq/dkim.h"
#include "hopq/dns.h"

/* What a check works on between its runs; zero it first. It lives as long as the message. */
struct hq_check_state {
    uint32_t done;        /* one bit a row */
    struct hq_dkim *dkim; /* NULL: no signature, or no content */
    bool dkim_final;
    bool mx_final;
    struct hq_arc *arc;
};

struct hq_check_input {
    struct hq_dns_cache *cache;
    const struct hq_context *context;
    const struct hq_message *message;
    struct hq_check_state *state;
};

struct hq_check {
    const char *name;
    /* Writes its result to DETAIL, afresh at each run. True: it is final. False: answers are
     * missing, and the cache has noted every question that can be asked already. */
    bool (*run)(const struct hq_check_input *input, struct hq_detail *detail,
                struct hq_arena *arena);
};

/* The rows; a later one may use the results of an earlier one, as far as they are in. */
bool hq_check_spf(const struct hq_check_input *input, struct hq_detail *detail,
                  struct hq_arena *arena);
bool hq_check_dkim(const struct hq_check_input *input, struct hq_detail *detail,
                   struct hq_arena *arena);
bool hq_check_arc(const struct hq_check_input *input, struct hq_detail *detail,
                  struct hq_arena *arena);
bool hq_check_dmarc(const struct hq_check_input *input, struct hq_detail *detail,
                    struct hq_arena *arena);

bool hq_check_mx(const struct hq_check_input *input, struct hq_detail *detail,
                 struct hq_arena *arena);
bool hq_check_forecast(const struct hq_check_input *input, struct hq_detail *detail,
                       struct hq_arena *arena);

/* Runs every check that is not final yet, whether or not one before it still waits. True: all are
 * final. */
bool hq_checks_run(const struct hq_check_input *input, struct hq_arena *arena);

#endif
