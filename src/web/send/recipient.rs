//! The recipient of one message: a number, or the name of a contact who has one.

use crate::access::Permission;
use crate::contacts::{self, ContactFilter, Query};
use crate::kernel::error::{Error, Result};
use crate::kernel::page::PageRequest;
use crate::web::page::Desk;

/// Contacts of one name that are told apart in a refusal.
const SHOWN: u32 = 5;

/// The number that was typed, or that of the only contact with these words in their name. Whatever has a digit is a number.
pub async fn find(desk: &Desk, typed: &str) -> Result<String> {
    let is_name = !typed.chars().any(char::is_numeric) && typed.chars().any(char::is_alphabetic);
    if !is_name || !desk.actor().may(Permission::ViewPersonal) {
        return Ok(typed.to_owned());
    }
    let filter = ContactFilter { query: Some(Query::Name(typed.to_owned())), ..ContactFilter::default() };
    let found = contacts::list(&desk.app, desk.actor(), &filter, &PageRequest { limit: SHOWN, cursor: None }).await?.items;
    match found.as_slice() {
        [one] => Ok(one.phone.clone()),
        [] => Err(Error::invalid(
            "to",
            "unknown_name",
            format!("No contact is named “{typed}”. Write the number, or the name as it stands in the contacts."),
        )),
        several => {
            let each = |c: &contacts::Contact| format!("{} {}", c.name.as_deref().unwrap_or("Without a name"), c.phone);
            let list = several.iter().map(each).collect::<Vec<_>>().join("; ");
            Err(Error::invalid("to", "several", format!("Several contacts are named so: {list}. Write the number of the one you mean.")))
        }
    }
}
