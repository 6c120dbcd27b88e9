//! What is left on a connection's account at its provider.

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::connections::{Connection, get};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::decimal;
use crate::providers::{Balance, SendError};

/// Asks a connection's provider what is left; `None` where it has no such question. Needs [`Permission::Settings`].
///
/// # Errors
/// [`Error::Conflict`] with what the provider answered instead.
pub async fn balance(app: &App, actor: &Actor, name: &str) -> Result<Option<Balance>> {
    actor.require(Permission::Settings)?;
    let connection = get(app, actor, name).await?.connection;
    ask_balance(app, &connection).await.map_err(Error::Conflict)
}

/// Asks a connection's provider what is left; or a sentence that says why it did not tell.
pub async fn ask_balance(app: &App, connection: &Connection) -> Result<Option<Balance>, String> {
    let client = connection.client(app).map_err(|bad| format!("The setting {} cannot be used. {}", bad.field, bad.why))?;
    client.balance().await.map_err(sentence)
}

/// A balance in words: an amount with its currency, or credits.
pub fn worded(balance: &Balance) -> String {
    let unit = balance.currency.map_or_else(|| "credits".to_owned(), |currency| currency.to_string());
    format!("{} {unit}", decimal(balance.amount))
}

/// What a provider answered instead of an answer, for people.
pub(super) fn sentence(error: SendError) -> String {
    match error {
        SendError::Refused(refusal) => format!("The provider answered {}: {}", refusal.code, refusal.detail),
        SendError::Throttled { .. } => "The provider asks for a slower pace. Ask again in a while.".into(),
        SendError::Unreachable { detail } => format!("The provider cannot be reached: {detail}"),
        SendError::Unknown { detail } => format!("The provider's answer is not known: {detail}"),
        SendError::Misconfigured { detail } => detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Currency;

    #[test]
    fn a_balance_has_a_currency_or_is_in_credits() {
        let worded = |currency| worded(&Balance { amount: 12_500_000, currency });
        assert_eq!((worded(Some(Currency::USD)), worded(None)), ("12.5 USD".to_owned(), "12.5 credits".to_owned()));
    }
}
