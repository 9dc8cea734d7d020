/* SPDX-License-Identifier: ISC */
/* The table of checks: see checks.h. */
#include "checks.h"
#include "hopq/identity.h"
#include <glib.h>

static const struct hq_check checks[] = {
    {"spf", hq_check_spf},     {"dkim", hq_check_dkim}, {"arc", hq_check_arc},
    {"dmarc", hq_check_dmarc}, {"mx", hq_check_mx},     {"forecast", hq_check_forecast},
};
G_STATIC_ASSERT(G_N_ELEMENTS(checks) < 32); /* bits of DONE */

bool hq_checks_run(const struct hq_check_input *input, struct hq_arena *arena)
{
    uint32_t *done = &input->state->done;
    bool all = true;

    for (unsigned i = 0; i < G_N_ELEMENTS(checks); i++) {
        uint32_t bit = UINT32_C(1) << i;

        if (!(*done & bit) && checks[i].run(input, input->message->detail, arena))
            *done |= bit;
        all = all && (*done & bit);
    }
    /* Asks nothing, and sums up what is known so far. */
    hq_identity_judge(input->message, input->context, input->message->detail, arena);
    return all;
}
