/* SPDX-License-Identifier: ISC */
/* DKIM signatures and ARC's seals with the keys of today, and DMARC on top of them. */
#include "checks.h"
#include "hopq/auth.h"
#include "hopq/dmarc.h"

bool hq_check_dkim(const struct hq_check_input *input, struct hq_detail *detail,
                   struct hq_arena *arena)
{
    struct hq_dkim *dkim = input->state->dkim;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct hq_auth));

    /* RFC 6376 section 3.5: "x=" is about the time of arrival. */
    if (dkim && !hq_dkim_verify(dkim, input->cache, input->message->arrived, rows, arena))
        return false;
    input->state->dkim_final = true;
    hq_auth_add_computed(detail, rows, arena);
    return true;
}

bool hq_check_arc(const struct hq_check_input *input, struct hq_detail *detail,
                  struct hq_arena *arena)
{
    struct hq_arc *arc = input->state->arc;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct hq_auth));

    if (arc && !hq_arc_verify(arc, input->cache, rows, arena))
        return false;
    hq_auth_add_computed(detail, rows, arena);
    return true;
}

bool hq_check_dmarc(const struct hq_check_input *input, struct hq_detail *detail,
                    struct hq_arena *arena)
{
    const struct hq_check_state *state = input->state;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct hq_auth));

    if (!hq_dmarc_judge(input->cache, detail, state->dkim, state->dkim_final, rows, arena))
        return false;
    hq_auth_add_computed(detail, rows, arena);
    return true;
}
