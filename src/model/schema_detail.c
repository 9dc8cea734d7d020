/* SPDX-License-Identifier: ISC */
/* The rows of a message's in-full part. */
#include "hopq/detail.h"
#include "model/schema_rows.h"

static const struct hq_field from_rows[] = {
    HQ_STR(hq_hop_from, helo, "helo"),
    HQ_STR(hq_hop_from, name, "name"),
    HQ_STR(hq_hop_from, ip, "ip"),
};
static const struct hq_schema from_schema = HQ_SCHEMA(hq_hop_from, from_rows);

static const struct hq_field by_rows[] = {
    HQ_STR(hq_hop_by, name, "name"),
    HQ_STR(hq_hop_by, ip, "ip"),
};
static const struct hq_schema by_schema = HQ_SCHEMA(hq_hop_by, by_rows);

static const struct hq_field tls_rows[] = {
    HQ_STR(hq_tls, version, "version"),
    HQ_STR(hq_tls, cipher, "cipher"),
};
static const struct hq_schema tls_schema = HQ_SCHEMA(hq_tls, tls_rows);

static const struct hq_field hop_rows[] = {
    HQ_INT(hq_hop, n, "n"),
    HQ_STRUCT(hq_hop, from, "from", from_schema),
    HQ_STRUCT(hq_hop, by, "by", by_schema),
    HQ_STR(hq_hop, via, "via"),
    HQ_STR(hq_hop, with, "with"),
    HQ_TRI(hq_hop, auth, "auth"),
    HQ_STR(hq_hop, auth_user, "auth_user"),
    HQ_OBJECT(hq_hop, tls, "tls", tls_schema),
    HQ_STR(hq_hop, id, "id"),
    HQ_STR(hq_hop, for_address, "for"),
    HQ_STR(hq_hop, envelope_from, "envelope_from"),
    HQ_STR(hq_hop, ident, "ident"),
    HQ_STR(hq_hop, software, "software"),
    HQ_TIME(hq_hop, date, "date"),
    HQ_STR(hq_hop, date_defect, "date_defect"),
    HQ_HIDE(hq_hop, zone, HQ_TYPE_INT),
    HQ_SPAN(hq_hop, delay, "delay"),
    HQ_SPAN(hq_hop, delay_corrected, "delay_corrected"),
    HQ_SPAN(hq_hop, clock, "clock"),
    HQ_STR(hq_hop, delay_note, "delay_note"),
    HQ_ENUM(hq_hop, link, "link", hq_link_names),
    HQ_ENUM(hq_hop, trust, "trust", hq_trust_names),
    HQ_ENUM(hq_hop, kind, "kind", hq_hop_kind_names),
    HQ_STR(hq_hop, problem, "problem"),
    HQ_STR(hq_hop, raw, "raw"),
    HQ_HIDE(hq_hop, offset, HQ_TYPE_INT),
    HQ_HIDE(hq_hop, length, HQ_TYPE_INT),
};
static const struct hq_schema hop_schema = HQ_SCHEMA(hq_hop, hop_rows);

static const struct hq_field origin_rows[] = {
    HQ_STR(hq_origin, ip, "ip"),         HQ_STR(hq_origin, name, "name"),
    HQ_STR(hq_origin, helo, "helo"),     HQ_STR(hq_origin, masked, "masked"),
    HQ_STR(hq_origin, source, "source"),
};
static const struct hq_schema origin_schema = HQ_SCHEMA(hq_origin, origin_rows);

static const struct hq_field claim_rows[] = {
    HQ_STR(hq_origin_claim, ip, "ip"),     HQ_STR(hq_origin_claim, name, "name"),
    HQ_STR(hq_origin_claim, helo, "helo"), HQ_STR(hq_origin_claim, source, "source"),
    HQ_TRI(hq_origin_claim, fact, "fact"), HQ_STR(hq_origin_claim, masked, "masked"),
    HQ_STR(hq_origin_claim, text, "text"), HQ_INT(hq_origin_claim, hop, "hop"),
};
static const struct hq_schema claim_schema = HQ_SCHEMA(hq_origin_claim, claim_rows);

static const struct hq_field spf_rows[] = {
    HQ_ENUM(hq_spf, result, "result", hq_result_names),
    HQ_STR(hq_spf, identity, "identity"),
    HQ_STR(hq_spf, domain, "domain"),
    HQ_STR(hq_spf, ip, "ip"),
    HQ_STR(hq_spf, term, "term"),
    HQ_STR(hq_spf, explanation, "explanation"),
    HQ_STR(hq_spf, record, "record"),
    HQ_STR(hq_spf, problem, "problem"),
    HQ_STRV(hq_spf, questions, question_count, "questions"),
    HQ_HIDE(hq_spf, pending, HQ_TYPE_TRI),
};
const struct hq_schema hq_spf_schema = HQ_SCHEMA(hq_spf, spf_rows);

static const struct hq_field forecast_rows[] = {
    HQ_ENUM(hq_forecast, result, "result", hq_result_names),
    HQ_STR(hq_forecast, egress, "egress"),
    HQ_STR(hq_forecast, domain, "domain"),
    HQ_STR(hq_forecast, record, "record"),
    HQ_ENUM(hq_forecast, outlook, "outlook", hq_outlook_names),
    HQ_STR(hq_forecast, identity, "identity"),
    HQ_STR(hq_forecast, term, "term"),
    HQ_STR(hq_forecast, words, "words"),
};
static const struct hq_schema forecast_schema = HQ_SCHEMA(hq_forecast, forecast_rows);

static const struct hq_field identity_rows[] = {
    HQ_ENUM(hq_identity, verdict, "verdict", hq_identity_names),
    HQ_STR(hq_identity, words, "words"),
};
static const struct hq_schema identity_schema = HQ_SCHEMA(hq_identity, identity_rows);

static const struct hq_field auth_rows[] = {
    HQ_STR(hq_auth, method, "method"),
    HQ_STR(hq_auth, result, "result"),
    HQ_STR(hq_auth, domain, "domain"),
    HQ_STR(hq_auth, authserv, "authserv"),
    HQ_TRI(hq_auth, trusted, "trusted"),
    HQ_ENUM(hq_auth, provenance, "provenance", hq_provenance_names),
    HQ_ENUM(hq_auth, source, "source", hq_auth_source_names),
    HQ_STR(hq_auth, detail, "detail"),
    HQ_INT(hq_auth, hop, "hop"),
};
static const struct hq_schema auth_schema = HQ_SCHEMA(hq_auth, auth_rows);

static const struct hq_field mx_rows[] = {
    HQ_NAME(hq_mx, domain, "domain"), HQ_INT(hq_mx, preference, "preference"),
    HQ_STR(hq_mx, host, "host"),      HQ_STRV(hq_mx, addresses, address_count, "addresses"),
    HQ_STR(hq_mx, note, "note"),
};
static const struct hq_schema mx_schema = HQ_SCHEMA(hq_mx, mx_rows);

static const struct hq_field finding_rows[] = {
    HQ_NAME(hq_finding, id, "id"),
    HQ_ENUM(hq_finding, severity, "severity", hq_level_names),
    HQ_ENUM(hq_finding, confidence, "confidence", hq_level_names),
    HQ_INT(hq_finding, hop, "hop"),
    HQ_STR(hq_finding, detail, "detail"),
    HQ_HIDE(hq_finding, offset, HQ_TYPE_INT),
    HQ_HIDE(hq_finding, length, HQ_TYPE_INT),
};
static const struct hq_schema finding_schema = HQ_SCHEMA(hq_finding, finding_rows);

static const struct hq_field header_rows[] = {
    HQ_STR(hq_header, name, "name"),
    HQ_STR(hq_header, value, "value"),
    HQ_HIDE(hq_header, raw, HQ_TYPE_STR),
    HQ_HIDE(hq_header, offset, HQ_TYPE_INT),
};
static const struct hq_schema header_schema = HQ_SCHEMA(hq_header, header_rows);

static const struct hq_field part_rows[] = {
    HQ_INT(hq_part, depth, "depth"),       HQ_STR(hq_part, type, "type"),
    HQ_STR(hq_part, name, "name"),         HQ_STR(hq_part, charset, "charset"),
    HQ_STR(hq_part, encoding, "encoding"), HQ_INT(hq_part, size, "size"),
};
static const struct hq_schema part_schema = HQ_SCHEMA(hq_part, part_rows);

static const struct hq_field detail_rows[] = {
    HQ_ARRAY(hq_detail, hops, hop_count, "hops", hop_schema),
    HQ_STR(hq_detail, boundary_reason, "boundary_reason"),
    HQ_STRUCT(hq_detail, origin, "origin", origin_schema),
    HQ_ARRAY(hq_detail, origins, origin_count, "origins", claim_schema),
    HQ_SPAN(hq_detail, transit, "transit"),
    HQ_STRUCT(hq_detail, spf, "spf", hq_spf_schema),
    HQ_STRUCT(hq_detail, forecast, "forecast", forecast_schema),
    HQ_STRUCT(hq_detail, identity, "identity", identity_schema),
    HQ_ARRAY(hq_detail, auth, auth_count, "auth", auth_schema),
    HQ_ARRAY(hq_detail, mx, mx_count, "mx", mx_schema),
    HQ_ARRAY(hq_detail, findings, finding_count, "findings", finding_schema),
    HQ_ARRAY(hq_detail, headers, header_count, "headers", header_schema),
    {.key = "parts",
     .type = HQ_TYPE_ARRAY,
     .flags = HQ_FIELD_HIDDEN,
     .offset = offsetof(struct hq_detail, parts),
     .count_offset = offsetof(struct hq_detail, part_count),
     .sub = &part_schema},
    HQ_HIDE(hq_detail, body, HQ_TYPE_STR),
    HQ_HIDE(hq_detail, body_truncated, HQ_TYPE_TRI),
    HQ_ARRAY(hq_detail, history, history_count, "history", hq_attempt_schema),
};
const struct hq_schema hq_detail_schema = HQ_SCHEMA(hq_detail, detail_rows);
