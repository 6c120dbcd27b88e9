//! What is held of one-time codes.

use super::Kept::{Moment, Tenant};
use super::Kind::{Personal, Pseudonymous, Technical};
use super::{Column, Table};

/// What is held of one-time codes.
pub(super) const CODES: &[Table] = &[
    Table {
        name: "code_challenges",
        what: "Codes that are waited for, five minutes each.",
        columns: &[
            Column("id", Technical, "names the challenge", Moment),
            Column("subaccount_id", Technical, "whose", Moment),
            Column("purpose", Technical, "what the code is for", Moment),
            Column("number_hash", Pseudonymous, "keyed hash of the number: one code each", Moment),
            Column("contact_id", Pseudonymous, "who proves their number", Moment),
            Column("message_id", Technical, "the message with the code, whose text ends with it", Moment),
            Column("code_hash", Pseudonymous, "keyed hash of the code, bound to the challenge", Moment),
            Column("attempts", Technical, "how many tries were taken", Moment),
            Column("created_at", Technical, "when", Moment),
            Column("expires_at", Technical, "until when it can be entered", Moment),
            Column("used_at", Technical, "that it was entered", Moment),
        ],
    },
    Table {
        name: "code_requests",
        what: "Requests for codes, for a day: what limits and the breaker count.",
        columns: &[
            Column("id", Technical, "names the challenge", Moment),
            Column("subaccount_id", Technical, "whose", Moment),
            Column("purpose", Technical, "what the code is for", Moment),
            Column("number_hash", Pseudonymous, "keyed hash of the number: its limit", Moment),
            Column("range_hash", Pseudonymous, "keyed hash of the number without its last four digits: their limit", Moment),
            Column("country", Technical, "its breaker", Moment),
            Column("address_hash", Pseudonymous, "keyed hash of the address that asked: its limit", Moment),
            Column("network_hash", Pseudonymous, "keyed hash of the address's neighbourhood: its limit", Moment),
            Column("sent", Technical, "whether a message went", Moment),
            Column("requested_at", Technical, "when", Moment),
            Column("verified_at", Technical, "that the code was entered", Moment),
        ],
    },
    Table {
        name: "code_stops",
        what: "Places to which codes were stopped because hardly anybody entered them, for 30 days.",
        columns: &[
            Column("id", Technical, "names the stop", Moment),
            Column("subaccount_id", Technical, "whose", Moment),
            Column("purpose", Technical, "codes of which purpose", Moment),
            Column("scope", Technical, "a range of numbers or a country", Moment),
            Column("place", Pseudonymous, "keyed hash of a range's first digits, or the country", Moment),
            Column("shown", Technical, "a range's first digits, which ten thousand numbers share, or the country's name", Moment),
            Column("sent", Technical, "why", Moment),
            Column("verified", Technical, "why", Moment),
            Column("stopped_at", Technical, "when", Moment),
            Column("ends_at", Technical, "until when", Moment),
            Column("released_at", Technical, "that somebody ended it", Moment),
            Column("released_by", Personal, "who ended it", Moment),
        ],
    },
    Table {
        name: "code_lines",
        what: "One row per subaccount, held while a code is asked for.",
        columns: &[Column("subaccount_id", Technical, "whose", Tenant)],
    },
];
