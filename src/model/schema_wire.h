/* SPDX-License-Identifier: ISC */
/* Records on the wire between our processes: the fields in the order of their schema, lengths and
 * counts as 32 bits in host order, no names. A string is its length and its bytes; a shared record
 * has its length before it, too; an object is a byte that tells whether it is there. */
#ifndef HOPQ_MODEL_SCHEMA_WIRE_H
#define HOPQ_MODEL_SCHEMA_WIRE_H

#include <stdint.h>

#define HQ_LENGTH_NULL UINT32_MAX /* for a length: there is no string, no shared record */

#endif
