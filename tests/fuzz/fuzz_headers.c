/* SPDX-License-Identifier: ISC */
/* libFuzzer: the header scanner. Fields must lie in the block, in order, without overlap. */
#include "hopq/headers.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct hq_headers headers;
    g_autoptr(GString) unfolded = g_string_new(NULL);
    size_t end = 0;

    hq_headers_scan(&headers, (const char *)bytes, n);
    g_assert(headers.length <= headers.body && headers.body <= n);
    for (unsigned i = 0; i < headers.count; i++) {
        const struct hq_field_span *field = &headers.fields[i];
        size_t value = (size_t)(field->value - headers.block);

        g_assert(field->offset >= end && field->length > 0);
        end = field->offset + field->length;
        g_assert(end <= headers.length);
        g_assert(value >= field->offset && value + field->value_length <= end);
        g_assert(field->name_length <= field->length);
        g_string_truncate(unfolded, 0);
        hq_field_unfold(field, unfolded);
        g_assert(unfolded->len <= field->value_length);
        hq_headers_find(&headers, "Received", i);
    }
    return 0;
}
