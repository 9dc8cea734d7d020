/* SPDX-License-Identifier: ISC */
/* A forecast while it is made. */
#ifndef HOPQ_CORE_FORECAST_PARTS_H
#define HOPQ_CORE_FORECAST_PARTS_H

#include "hopq/arena.h"
#include "hopq/dmarc.h"

#define FORECAST_ADDRESSES_MAX 8

struct forecast {
    GArray *addresses; /* struct hq_ip: ours, that a stranger can see */
    const char *relay_host;
    const char *problem; /* why there is nothing to tell; NULL: there is */
    struct hq_spf spf;   /* of the worst address */
    bool differ;         /* other addresses do better */
    bool has_author;     /* DMARC is filled in */
    struct hq_dmarc dmarc;
    bool spf_aligned;
    const char *signer; /* of an aligned DKIM signature that holds, or may; NULL: none */
    bool signature_holds;
    enum hq_outlook outlook;
};

/* One sentence for people. ORIGINAL is the domain before SRS, or NULL. */
const char *hq_forecast_words(const struct forecast *forecast, const char *original,
                              struct hq_arena *arena);

#endif
