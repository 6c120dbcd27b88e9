//! What is held of uploaded files.

use super::Kept::{Rows, Tenant};
use super::Kind::{Personal, Sealed, Technical};
use super::{Column, Table};

/// What is held of uploaded files.
pub(super) const FILES: &[Table] = &[
    Table {
        name: "uploads",
        what: "CSV files.",
        columns: &[
            Column("id", Technical, "names the file", Tenant),
            Column("subaccount_id", Technical, "whose", Tenant),
            Column("file_name", Personal, "shown to people; may name somebody", Tenant),
            Column("bytes", Technical, "size", Tenant),
            Column("status", Technical, "how far it is", Tenant),
            Column("problem", Technical, "why a check failed", Tenant),
            Column("encoding", Technical, "form", Tenant),
            Column("delimiter", Technical, "form", Tenant),
            Column("headers", Sealed, "column names", Tenant),
            Column("header_key", Technical, "finds files of the same columns", Tenant),
            Column("mapping", Technical, "which column is what", Tenant),
            Column("template_id", Technical, "what is sent", Tenant),
            Column("template_version", Technical, "what is sent", Tenant),
            Column("body", Sealed, "what is sent, when it was written for this file", Tenant),
            Column("category", Technical, "about what", Tenant),
            Column("language", Technical, "language", Tenant),
            Column("rows", Technical, "count", Tenant),
            Column("to_send", Technical, "count", Tenant),
            Column("rejected", Technical, "count", Tenant),
            Column("repeated", Technical, "count", Tenant),
            Column("opted_out", Technical, "count", Tenant),
            Column("checked", Technical, "count", Tenant),
            Column("summary", Technical, "counts and costs", Tenant),
            Column("created_by", Personal, "which user", Tenant),
            Column("created_at", Technical, "when", Tenant),
            Column("updated_at", Technical, "when", Tenant),
            Column("rows_removed_at", Technical, "when the rows were removed", Tenant),
        ],
    },
    Table {
        name: "upload_chunks",
        what: "Rows of files.",
        columns: &[
            Column("subaccount_id", Technical, "whose", Rows),
            Column("upload_id", Technical, "of which file", Rows),
            Column("chunk", Technical, "place", Rows),
            Column("first_row", Technical, "place", Rows),
            Column("rows", Sealed, "numbers, names and values as they stood in the file", Rows),
        ],
    },
    Table {
        name: "upload_verdicts",
        what: "What was decided about each row.",
        columns: &[
            Column("subaccount_id", Technical, "whose", Rows),
            Column("upload_id", Technical, "of which file", Rows),
            Column("chunk", Technical, "place", Rows),
            Column("verdicts", Sealed, "number and length of each text", Rows),
        ],
    },
    Table {
        name: "upload_errors",
        what: "Rows with a problem.",
        columns: &[
            Column("subaccount_id", Technical, "whose", Rows),
            Column("upload_id", Technical, "of which file", Rows),
            Column("row_number", Technical, "place", Rows),
            Column("column_name", Technical, "where", Rows),
            Column("code", Technical, "what is wrong", Rows),
            Column("body", Sealed, "what stood there, and the words about it", Rows),
        ],
    },
];
