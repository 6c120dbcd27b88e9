//! SQL of the facts and spending tables.

use crate::costs::facts::{Amounts, Fact};
use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;
use crate::kernel::money::Micros;

const KINDS: [Kind; 12] = [
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
];

pub async fn apply(tx: &mut Tx, rows: &[(&Fact, &Amounts)]) -> Result<()> {
    for part in rows.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "insert into facts (subaccount_id, slot_at, connection_id, country, category, template_id, campaign_id, status, \
             messages, segments, cost, estimated) values {list} \
             on conflict (subaccount_id, slot_at, connection_id, country, category, template_id, campaign_id, status) do update set \
             messages = facts.messages + excluded.messages, segments = facts.segments + excluded.segments, \
             cost = facts.cost + excluded.cost, estimated = facts.estimated + excluded.estimated"
        );
        let mut query = tx.query(&sql);
        for (fact, amounts) in part {
            query = query
                .bind(fact.subaccount.as_str())
                .bind(fact.slot_at)
                .bind(fact.connection.as_str())
                .bind(fact.country.as_str())
                .bind(fact.category.as_str())
                .bind(fact.template.as_str())
                .bind(fact.campaign.as_str())
                .bind(fact.status)
                .bind(amounts.messages)
                .bind(amounts.segments)
                .bind(amounts.cost)
                .bind(amounts.estimated);
        }
        query.execute().await?;
    }
    Ok(())
}

pub async fn lock_spending(tx: &mut Tx, subaccount: &SubaccountId, month: &str) -> Result<(Micros, Micros)> {
    spend(tx, subaccount, month, 0, 0).await?;
    spending(tx, subaccount, month).await
}

/// Also locks the row, which is made when it is not there.
pub async fn spend(tx: &mut Tx, subaccount: &SubaccountId, month: &str, spent: Micros, reserved: Micros) -> Result<()> {
    tx.query(
        "insert into spending (subaccount_id, month, spent, reserved) values ($1, $2, $3, $4) on conflict (subaccount_id, month) \
         do update set spent = spending.spent + excluded.spent, reserved = spending.reserved + excluded.reserved",
    )
    .bind(subaccount.as_str())
    .bind(month)
    .bind(spent)
    .bind(reserved)
    .execute()
    .await?;
    Ok(())
}

pub async fn spending(tx: &mut Tx, subaccount: &SubaccountId, month: &str) -> Result<(Micros, Micros)> {
    let sql = "select spent, reserved from spending where subaccount_id = $1 and month = $2";
    let row: Option<(i64, i64)> = tx.query(sql).bind(subaccount.as_str()).bind(month).fetch_optional().await?;
    Ok(row.unwrap_or((0, 0)))
}

/// Facts of a time summed by hour, status and one more column.
#[derive(sqlx::FromRow)]
pub struct Sum {
    pub slot_at: Millis,
    pub key: String,
    pub status: String,
    pub messages: i64,
    pub segments: i64,
    pub cost: Micros,
    pub estimated: Micros,
}

/// `column` is one of the fixed names of [`super::summary::GroupBy`], never input.
pub async fn sums(tx: &mut Tx, subaccount: &SubaccountId, from: Millis, to: Millis, column: &'static str) -> Result<Vec<Sum>> {
    let sql = format!(
        "select slot_at, {column} as key, status, cast(sum(messages) as bigint) as messages, cast(sum(segments) as bigint) as segments, \
         cast(sum(cost) as bigint) as cost, cast(sum(estimated) as bigint) as estimated \
         from facts where subaccount_id = $1 and slot_at >= $2 and slot_at < $3 group by slot_at, {column}, status"
    );
    Ok(tx.query(&sql).bind(subaccount.as_str()).bind(from).bind(to).fetch_all().await?)
}
