/* SPDX-License-Identifier: ISC */
/* What the destination will see when we send the message. */
#include "hopq/forecast.h"
#include "checks.h"

bool hq_check_forecast(const struct hq_check_input *input, struct hq_detail *detail,
                       struct hq_arena *arena)
{
    const struct hq_check_state *state = input->state;

    return hq_forecast_judge(input->cache, input->context, input->message, state->dkim,
                             state->dkim_final, &detail->forecast, arena) &&
           state->mx_final;
}
