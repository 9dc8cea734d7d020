/* SPDX-License-Identifier: ISC */
/* The table of spools that can be changed. */
#include "hopq/change.h"
#include <string.h>

#define HQ_CHANGER(scheme, prefix) extern const struct hq_changer_ops hq_##prefix##_changer;
#include "changers.def"
#undef HQ_CHANGER

const struct hq_changer_row hq_changers[] = {
#define HQ_CHANGER(scheme, prefix) {scheme, &hq_##prefix##_changer},
#include "changers.def"
#undef HQ_CHANGER
};
const unsigned hq_changer_count = G_N_ELEMENTS(hq_changers);

const char *const hq_verb_names[HQ_VERB_COUNT] = {
    [HQ_VERB_HOLD] = "hold",     [HQ_VERB_RELEASE] = "release", [HQ_VERB_FLUSH] = "flush",
    [HQ_VERB_EXPIRE] = "expire", [HQ_VERB_REQUEUE] = "requeue", [HQ_VERB_DELETE] = "delete",
};

const char *const hq_fate_names[HQ_FATE_COUNT] = {
    [HQ_FATE_DONE] = "done",     [HQ_FATE_FAILED] = "failed",   [HQ_FATE_GONE] = "gone",
    [HQ_FATE_REUSED] = "reused", [HQ_FATE_REFUSED] = "refused", [HQ_FATE_NOT_RUN] = "not-run",
};

bool hq_verb_tries(enum hq_verb verb)
{
    return verb == HQ_VERB_FLUSH || verb == HQ_VERB_REQUEUE;
}

const struct hq_changer_ops *hq_changer_find(const char *scheme)
{
    for (unsigned i = 0; i < hq_changer_count; i++)
        if (strcmp(hq_changers[i].scheme, scheme) == 0)
            return hq_changers[i].ops;
    return NULL;
}
