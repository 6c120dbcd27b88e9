//! SQL of the tables connection_health, connection_circuits and route_moves.

use crate::connections::circuit::{Cause, Circuit, Outcomes, Recent, State};
use crate::connections::health::{Health, SlotCounts, SlotKey};
use crate::connections::moves::RouteMove;
use crate::connections::silence::{self, Silence};
use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ConnectionId, SubaccountId, fresh};
use crate::kernel::phone::Country;

/// Adds counts to their slots; at most 500.
pub async fn record(tx: &mut Tx, slots: &[(&SlotKey, &SlotCounts)]) -> Result<()> {
    const KINDS: [Kind; 10] =
        [Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int];
    let list = tx.values(1, slots.len(), &KINDS);
    let sql = format!(
        "insert into connection_health (subaccount_id, slot_at, connection_id, country, accepted, refused, unknown, delivered, failed, \
         latency_ms_sum) values {list} on conflict (subaccount_id, slot_at, connection_id, country) do update set \
         accepted = connection_health.accepted + excluded.accepted, refused = connection_health.refused + excluded.refused, \
         unknown = connection_health.unknown + excluded.unknown, delivered = connection_health.delivered + excluded.delivered, \
         failed = connection_health.failed + excluded.failed, \
         latency_ms_sum = connection_health.latency_ms_sum + excluded.latency_ms_sum"
    );
    let mut query = tx.query(&sql);
    for ((subaccount, slot_at, connection, country), counts) in slots {
        query = query
            .bind(subaccount.as_str())
            .bind(*slot_at)
            .bind(connection.as_str())
            .bind(country.as_str())
            .bind(counts.accepted)
            .bind(counts.refused)
            .bind(counts.unknown)
            .bind(counts.delivered)
            .bind(counts.failed)
            .bind(counts.latency_ms_sum);
    }
    query.execute().await?;
    Ok(())
}

/// Where the spans that are summed begin.
pub struct Spans {
    pub burst: Millis,
    pub minute: Millis,
    pub five: Millis,
}

#[derive(sqlx::FromRow)]
struct FactRow {
    connection_id: String,
    country: String,
    burst_good: i64,
    burst_bad: i64,
    minute_good: i64,
    minute_bad: i64,
    five_good: i64,
    five_bad: i64,
    delivered_since: i64,
    delivered: i64,
    failed: i64,
    accepted: i64,
    latency_ms_sum: i64,
}

/// Sums by connection and country. Outcomes count from the slot after the present state began; a default circuit stands in
/// for the real one.
pub async fn facts(tx: &mut Tx, subaccount: &SubaccountId, spans: &Spans) -> Result<Vec<(ConnectionId, Country, Health)>> {
    let sum = |what: &str, since: &str| {
        format!("cast(sum(case when h.slot_at > {since} and h.slot_at > coalesce(c.since_at, 0) then {what} else 0 end) as bigint)")
    };
    let (good, bad) = ("h.accepted", "h.refused + h.unknown");
    let sql = format!(
        "select h.connection_id, h.country, {} as burst_good, {} as burst_bad, {} as minute_good, {} as minute_bad, {} as five_good, \
         {} as five_bad, {} as delivered_since, cast(sum(h.delivered) as bigint) as delivered, cast(sum(h.failed) as bigint) as failed, \
         cast(sum(h.accepted) as bigint) as accepted, cast(sum(h.latency_ms_sum) as bigint) as latency_ms_sum \
         from connection_health h left join connection_circuits c on c.subaccount_id = h.subaccount_id \
         and c.connection_id = h.connection_id and c.country = h.country \
         where h.subaccount_id = $4 and h.slot_at > $3 group by h.connection_id, h.country",
        sum(good, "$1"),
        sum(bad, "$1"),
        sum(good, "$2"),
        sum(bad, "$2"),
        sum(good, "$3"),
        sum(bad, "$3"),
        sum("h.delivered", "$3"),
    );
    let rows: Vec<FactRow> =
        tx.query(&sql).bind(spans.burst).bind(spans.minute).bind(spans.five).bind(subaccount.as_str()).fetch_all().await?;
    let outcomes = |good, bad| Outcomes { good, bad };
    let known = rows.into_iter().filter_map(|row| {
        let health = Health {
            circuit: Circuit::default(),
            recent: Recent {
                burst: outcomes(row.burst_good, row.burst_bad),
                minute: outcomes(row.minute_good, row.minute_bad),
                five: outcomes(row.five_good, row.five_bad),
                delivered: row.delivered_since,
            },
            delivered: row.delivered,
            failed: row.failed,
            accepted: row.accepted,
            latency_ms_sum: row.latency_ms_sum,
        };
        Some((ConnectionId::stored(row.connection_id), Country::parse(&row.country).ok()?, health))
    });
    Ok(known.collect())
}

/// Every circuit that ever changed.
pub async fn circuits(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<(ConnectionId, Country, Circuit)>> {
    let sql = "select connection_id, country, state, since_at, reason, cause from connection_circuits where subaccount_id = $1";
    let rows: Vec<(String, String, String, Millis, String, String)> = tx.query(sql).bind(subaccount.as_str()).fetch_all().await?;
    rows.into_iter()
        .map(|(connection, country, state, since_at, reason, cause)| {
            let cause = Cause::parse(&cause).ok_or_else(|| Error::internal(format!("{cause} is no cause of a route's state")))?;
            let circuit = Circuit { state: read_state(&state)?, since_at, reason, cause };
            Ok((ConnectionId::stored(connection), read_country(&country)?, circuit))
        })
        .collect()
}

fn read_state(word: &str) -> Result<State> {
    State::parse(word).ok_or_else(|| Error::internal(format!("{word} is no state of a route")))
}

fn read_country(code: &str) -> Result<Country> {
    Country::parse(code).map_err(Error::internal)
}

/// Makes a move and records it, unless another process was faster; whether it was made.
pub async fn change(tx: &mut Tx, subaccount: &SubaccountId, step: &RouteMove, cause: Cause) -> Result<bool> {
    let sql = "insert into connection_circuits (subaccount_id, connection_id, country, state, since_at, reason, cause) \
               values ($1, $2, $3, $4, $5, $6, $7) on conflict (subaccount_id, connection_id, country) do update set \
               state = excluded.state, since_at = excluded.since_at, reason = excluded.reason, cause = excluded.cause \
               where connection_circuits.state = $8";
    let changed = tx
        .query(sql)
        .bind(subaccount.as_str())
        .bind(step.connection.as_str())
        .bind(step.country.as_str())
        .bind(step.to.as_str())
        .bind(step.at)
        .bind(step.reason.as_str())
        .bind(cause.as_str())
        .bind(step.from.as_str())
        .execute()
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    let sql = "insert into route_moves (id, subaccount_id, connection_id, country, from_state, to_state, reason, at) \
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.query(sql)
        .bind(format!("mov_{}", fresh(step.at)))
        .bind(subaccount.as_str())
        .bind(step.connection.as_str())
        .bind(step.country.as_str())
        .bind(step.from.as_str())
        .bind(step.to.as_str())
        .bind(step.reason.as_str())
        .bind(step.at)
        .execute()
        .await?;
    Ok(true)
}

/// The connections of every subaccount that are trusted and silent.
pub async fn silent(tx: &mut Tx, now: Millis) -> Result<Vec<Silence>> {
    let sql = "select h.subaccount_id, h.connection_id, h.country, coalesce(c.state, 'healthy') as state, \
               cast(sum(case when h.slot_at > $1 and h.slot_at < $2 and h.slot_at > coalesce(c.since_at, 0) then h.accepted else 0 end) as \
               bigint) as accepted, cast(sum(case when h.slot_at > $1 then h.failed else 0 end) as bigint) as failed \
               from connection_health h left join connection_circuits c on c.subaccount_id = h.subaccount_id \
               and c.connection_id = h.connection_id and c.country = h.country \
               where h.slot_at > $3 and coalesce(c.state, 'healthy') <> 'failing' \
               group by h.subaccount_id, h.connection_id, h.country, coalesce(c.state, 'healthy'), coalesce(c.since_at, 0) \
               having sum(case when h.slot_at > $1 and h.slot_at < $2 and h.slot_at > coalesce(c.since_at, 0) then h.accepted else 0 end) \
               >= $4 and sum(case when h.slot_at > $1 then h.delivered else 0 end) = 0 \
               and sum(h.delivered) + sum(case when h.slot_at > $1 then h.failed else 0 end) > 0";
    type Row = (String, String, String, String, i64, i64);
    let rows: Vec<Row> = tx
        .query(sql)
        .bind(now - silence::WINDOW)
        .bind(now - silence::PATIENCE)
        .bind(now - silence::KNOWN)
        .bind(silence::ENOUGH)
        .fetch_all()
        .await?;
    rows.into_iter()
        .map(|(subaccount, connection, country, state, accepted, failed)| {
            Ok(Silence {
                subaccount: SubaccountId::stored(subaccount),
                connection: ConnectionId::stored(connection),
                country: read_country(&country)?,
                state: read_state(&state)?,
                accepted,
                failed,
            })
        })
        .collect()
}

/// The last moves with the names of their connections, the newest first.
pub async fn moves(tx: &mut Tx, subaccount: &SubaccountId, limit: i64) -> Result<Vec<(String, RouteMove)>> {
    type Row = (String, String, String, String, String, String, Millis);
    let sql = "select k.name, m.connection_id, m.country, m.from_state, m.to_state, m.reason, m.at from route_moves m \
               join connections k on k.id = m.connection_id and k.subaccount_id = m.subaccount_id \
               where m.subaccount_id = $1 order by m.at desc, m.id desc limit $2";
    let rows: Vec<Row> = tx.query(sql).bind(subaccount.as_str()).bind(limit).fetch_all().await?;
    rows.into_iter()
        .map(|(name, connection, country, from, to, reason, at)| {
            let step = RouteMove {
                connection: ConnectionId::stored(connection),
                country: read_country(&country)?,
                from: read_state(&from)?,
                to: read_state(&to)?,
                reason,
                at,
            };
            Ok((name, step))
        })
        .collect()
}

/// Forgets slots and moves from before these instants.
pub async fn prune(tx: &mut Tx, slots_before: Millis, moves_before: Millis) -> Result<()> {
    tx.query("delete from connection_health where slot_at < $1").bind(slots_before).execute().await?;
    tx.query("delete from route_moves where at < $1").bind(moves_before).execute().await?;
    Ok(())
}
