/* SPDX-License-Identifier: ISC */
/* The rules, the providers and the advice as arrays: the providers' own rules come first. */
#include "parts.h"

const struct hq_reason_rule hq_reason_rules[] = {
#define HQ_REASON(category, when, pattern, example) \
    {NULL, HQ_CATEGORY_##category, HQ_WHEN_##when, pattern, example},
#define HQ_REASON_BY(provider, category, when, pattern, example) \
    {provider, HQ_CATEGORY_##category, HQ_WHEN_##when, pattern, example},
#define HQ_PROVIDER(id, hosts, pattern)
#include "providers.def"
#include "reasons.def"
#undef HQ_PROVIDER
};
const unsigned hq_reason_rule_count = G_N_ELEMENTS(hq_reason_rules);

const struct hq_provider hq_providers[] = {
#undef HQ_REASON_BY
#define HQ_REASON_BY(provider, category, when, pattern, example)
#define HQ_PROVIDER(id, hosts, pattern) {id, hosts, pattern},
#include "providers.def"
};
const unsigned hq_provider_count = G_N_ELEMENTS(hq_providers);

const struct hq_reason_advice hq_reason_advices[] = {
#define HQ_ADVICE(category, phase, pattern, advice, example) \
    {HQ_CATEGORY_##category, HQ_PHASE_##phase, pattern, advice, example},
#include "advice.def"
};
const unsigned hq_reason_advice_count = G_N_ELEMENTS(hq_reason_advices);
