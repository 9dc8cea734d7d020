/* SPDX-License-Identifier: ISC */
/* Where the recipients' MX records say that mail goes. */
#include "checks.h"
#include "hopq/mx_check.h"

bool hq_check_mx(const struct hq_check_input *input, struct hq_detail *detail,
                 struct hq_arena *arena)
{
    input->state->mx_final =
        hq_mx_check(input->cache, input->context, input->message, detail, arena);
    return input->state->mx_final;
}
