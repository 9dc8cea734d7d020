/* SPDX-License-Identifier: ISC */
/* Where the rows of our own checks go among those that headers tell. */
#include "hopq/auth.h"
#include <string.h>

struct hq_auth hq_auth_computed(const char *method)
{
    return (struct hq_auth){
        .method = method, .trusted = HQ_YES, .source = HQ_AUTH_COMPUTED, .hop = HQ_NONE};
}

static int rank(const struct hq_auth *row)
{
    static const char *const order[] = {"dkim", "arc", "dmarc"};
    int i = 0;

    if (row->source != HQ_AUTH_COMPUTED)
        return -1;
    while (i < (int)G_N_ELEMENTS(order) && strcmp(order[i], row->method) != 0)
        i++;
    return i;
}

void hq_auth_add_computed(struct hq_detail *detail, const GArray *rows, struct hq_arena *arena)
{
    const struct hq_auth *old = detail->auth;
    uint32_t at = 0;

    if (rows->len == 0)
        return;
    while (at < detail->auth_count && rank(&old[at]) <= rank((const void *)rows->data))
        at++;

    struct hq_auth *all = hq_arena_alloc(arena, (detail->auth_count + rows->len) * sizeof *all);

    if (at > 0)
        memcpy(all, old, at * sizeof *all);
    memcpy(all + at, rows->data, rows->len * sizeof *all);
    if (at < detail->auth_count)
        memcpy(all + at + rows->len, old + at, (detail->auth_count - at) * sizeof *all);
    detail->auth = all;
    detail->auth_count += rows->len;
}
