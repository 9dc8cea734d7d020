/* SPDX-License-Identifier: ISC */
/* The rows of a message: order and keys are those of its JSON object. */
#include "hopq/detail.h"
#include "model/schema_rows.h"

static const struct hq_field kind_rows[] = {
    HQ_HIDE(hq_reason_kind, masked, HQ_TYPE_STR),
    HQ_INT(hq_reason_kind, code, "code"),
    HQ_INTERN(hq_reason_kind, enhanced, "enhanced"),
    HQ_ENUM(hq_reason_kind, phase, "phase", hq_phase_names),
    HQ_ENUM(hq_reason_kind, category, "category", hq_category_names),
    HQ_INTERN(hq_reason_kind, provider, "provider"),
    HQ_ENUM(hq_reason_kind, fault, "fault", hq_fault_names),
    HQ_ENUM(hq_reason_kind, wait, "wait", hq_wait_names),
    HQ_INTERN(hq_reason_kind, advice, "advice"),
};
static const struct hq_schema kind_schema = HQ_SCHEMA(hq_reason_kind, kind_rows);

static const struct hq_field reason_rows[] = {
    HQ_STR(hq_reason, text, "text"),
    HQ_ROW(hq_reason, kind, "kind", HQ_TYPE_SHARED, .sub = &kind_schema,
           .flags = HQ_FIELD_SPLICE | HQ_FIELD_NEEDED),
    HQ_INTERN(hq_reason, relay, "relay"),
    HQ_INTERN(hq_reason, relay_ip, "relay_ip"),
};
const struct hq_schema hq_reason_schema = HQ_SCHEMA(hq_reason, reason_rows);

static const struct hq_field recipient_rows[] = {
    HQ_STR(hq_recipient, id, "id"),
    HQ_STR(hq_recipient, address, "address"),
    HQ_STR(hq_recipient, original, "original"),
    HQ_ENUM(hq_recipient, state, "state", hq_state_names),
    HQ_TIME(hq_recipient, last_attempt, "last_attempt"),
    HQ_INT(hq_recipient, attempts, "attempts"),
    HQ_TIME(hq_recipient, next_attempt, "next_attempt"),
    HQ_TIME(hq_recipient, expires, "expires"),
    HQ_ENUM(hq_recipient, warned, "warned", hq_warned_names),
    HQ_TIME(hq_recipient, warning, "warning"),
    HQ_SHARED(hq_recipient, reason, "reason", hq_reason_schema),
};
const struct hq_schema hq_recipient_schema = HQ_SCHEMA(hq_recipient, recipient_rows);

static const struct hq_field client_rows[] = {
    HQ_INTERN(hq_client, ip, "ip"),     HQ_INTERN(hq_client, name, "name"),
    HQ_INTERN(hq_client, helo, "helo"), HQ_INTERN(hq_client, protocol, "protocol"),
    HQ_INTERN(hq_client, auth, "auth"),
};
static const struct hq_schema client_schema = HQ_SCHEMA(hq_client, client_rows);

static const struct hq_field forwarded_rows[] = {
    HQ_TRI(hq_forwarded, is, "is"),
    HQ_STR(hq_forwarded, original, "original"),
    HQ_STRV(hq_forwarded, evidence, evidence_count, "evidence"),
};
static const struct hq_schema forwarded_schema = HQ_SCHEMA(hq_forwarded, forwarded_rows);

static const struct hq_field problem_rows[] = {
    HQ_STR(hq_problem, what, "what"),
};
static const struct hq_schema problem_schema = HQ_SCHEMA(hq_problem, problem_rows);

static const struct hq_field message_rows[] = {
    HQ_INTERN(hq_message, source, "source"),
    HQ_HIDE(hq_message, via, HQ_TYPE_INTERN),
    HQ_INTERN(hq_message, mta, "mta"),
    HQ_STR(hq_message, id, "id"),
    HQ_INTERN(hq_message, queue, "queue"),
    HQ_HIDE(hq_message, ref, HQ_TYPE_STR),
    HQ_MARK(hq_message, stamp),
    HQ_TIME(hq_message, arrived, "arrived"),
    HQ_INT(hq_message, size, "size"),
    HQ_STR(hq_message, sender, "sender"),
    HQ_STRUCT(hq_message, client, "client", client_schema),
    HQ_ARRAY(hq_message, recipients, recipient_count, "recipients", hq_recipient_schema),
    HQ_STR(hq_message, subject, "subject"),
    HQ_STR(hq_message, from, "from"),
    HQ_STR(hq_message, to, "to"),
    HQ_TIME(hq_message, date, "date"),
    HQ_STR(hq_message, message_id, "message_id"),
    HQ_STR(hq_message, script, "script"),
    HQ_STRUCT(hq_message, forwarded, "forwarded", forwarded_schema),
    HQ_TRI(hq_message, incomplete, "incomplete"),
    HQ_ARRAY(hq_message, problems, problem_count, "problems", problem_schema),
    HQ_SPLICE(hq_message, detail, HQ_TYPE_OBJECT, hq_detail_schema),
};
const struct hq_schema hq_message_schema = HQ_SCHEMA(hq_message, message_rows);
