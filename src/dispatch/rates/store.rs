//! SQL of the rate_grants table.

use super::pace::Micro;
use crate::db::{Kind, Tx};
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;

/// A limit by its key: scope and span.
pub type Key<'a> = (&'a str, &'a str);

/// How far limits are used up, locked until the transaction ends; those that are not known yet are made. The keys come
/// in order, so that two processes never wait for each other.
pub async fn hold(tx: &mut Tx, wanted: &[(Key<'_>, &SubaccountId)]) -> Result<Vec<(String, String, Micro, i64)>> {
    let found = locked(tx, wanted).await?;
    if found.len() == wanted.len() {
        return Ok(found);
    }
    let list = tx.values(1, wanted.len(), &[Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int]);
    let sql =
        format!("insert into rate_grants (scope, span, subaccount_id, tat_at, granted) values {list} on conflict (scope, span) do nothing");
    let mut query = tx.query(&sql);
    for ((scope, span), subaccount) in wanted {
        query = query.bind(*scope).bind(*span).bind(subaccount.as_str()).bind(0_i64).bind(0_i64);
    }
    query.execute().await?;
    locked(tx, wanted).await
}

async fn locked(tx: &mut Tx, wanted: &[(Key<'_>, &SubaccountId)]) -> Result<Vec<(String, String, Micro, i64)>> {
    let list = tx.values(1, wanted.len(), &[Kind::Text, Kind::Text]);
    let sql = format!(
        "select scope, span, tat_at, granted from rate_grants where (scope, span) in (values {list}) order by scope, span {}",
        tx.for_update()
    );
    let mut query = tx.query(&sql);
    for ((scope, span), _) in wanted {
        query = query.bind(*scope).bind(*span);
    }
    Ok(query.fetch_all().await?)
}

/// Writes how far limits are used up now.
pub async fn write(tx: &mut Tx, used: &[(Key<'_>, Micro, i64)]) -> Result<()> {
    if used.is_empty() {
        return Ok(());
    }
    let list = tx.values(1, used.len(), &[Kind::Text, Kind::Text, Kind::Int, Kind::Int]);
    let sql = format!(
        "update rate_grants set tat_at = v.column3, granted = v.column4 from (values {list}) as v \
         where rate_grants.scope = v.column1 and rate_grants.span = v.column2"
    );
    let mut query = tx.query(&sql);
    for ((scope, span), tat_at, granted) in used {
        query = query.bind(*scope).bind(*span).bind(*tat_at).bind(*granted);
    }
    query.execute().await?;
    Ok(())
}
