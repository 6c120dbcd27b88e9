//! SQL of the connections and prices tables.

pub mod health;

use std::collections::BTreeMap;

use crate::connections::connection::Connection;
use crate::connections::prices::Price;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::{Cipher, TenantCipher};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::limits::Limits;
use crate::kernel::money::{Currency, Micros};
use crate::kernel::phone::Country;
use crate::providers::{Provider, Settings};

const SEAL: &str = "connections.config";
const COLUMNS: &str = "id, subaccount_id, name, provider, enabled, paused_reason, priority, countries, categories, senders, limits, \
     sender_limits, config, webhook_key, blocked_until, steady_from";

/// Settings as they are sealed: `{provider: {name: value}}`.
type Sealed = BTreeMap<String, BTreeMap<String, Option<String>>>;

#[derive(sqlx::FromRow)]
struct ConnectionRow {
    id: String,
    subaccount_id: String,
    name: String,
    provider: String,
    enabled: bool,
    paused_reason: Option<String>,
    priority: i64,
    countries: String,
    categories: String,
    senders: String,
    limits: String,
    sender_limits: String,
    config: Vec<u8>,
    webhook_key: String,
    blocked_until: Millis,
    steady_from: Millis,
}

impl ConnectionRow {
    fn connection(self, cipher: &TenantCipher) -> Result<Connection> {
        let mut sealed: Sealed =
            serde_json::from_slice(&cipher.own().open(SEAL, &self.config).map_err(Error::internal)?).map_err(Error::internal)?;
        let limits: Limits = serde_json::from_str(&self.limits).map_err(Error::internal)?;
        let provider = Provider::parse(&self.provider)
            .ok_or_else(|| Error::internal(format!("the connection {} has the unknown provider {}", self.id, self.provider)))?;
        let values = sealed.remove(provider.as_str()).unwrap_or_default();
        let values = values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Ok(Connection {
            id: ConnectionId::stored(self.id),
            subaccount: SubaccountId::stored(self.subaccount_id),
            name: self.name,
            provider,
            enabled: self.enabled,
            paused_reason: self.paused_reason,
            priority: self.priority,
            countries: words(&self.countries).filter_map(|c| Country::parse(c).ok()).collect(),
            categories: words(&self.categories).filter_map(Category::parse).collect(),
            senders: words(&self.senders).map(str::to_owned).collect(),
            limits,
            sender_limits: serde_json::from_str(&self.sender_limits).map_err(Error::internal)?,
            webhook_key: self.webhook_key,
            blocked_until: self.blocked_until,
            steady_from: self.steady_from,
            settings: Settings::new(values),
        })
    }
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|word| !word.is_empty())
}

pub async fn all(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId) -> Result<Vec<Connection>> {
    let sql = format!("select {COLUMNS} from connections where subaccount_id = $1 order by priority, id");
    let rows: Vec<ConnectionRow> = tx.query(&sql).bind(subaccount.as_str()).fetch_all().await?;
    rows.into_iter().map(|row| row.connection(cipher)).collect()
}

pub async fn by_webhook_key(tx: &mut Tx, cipher: &Cipher, key: &str) -> Result<Option<Connection>> {
    let sql = format!("select {COLUMNS} from connections where webhook_key = $1");
    let row: Option<ConnectionRow> = tx.query(&sql).bind(key).fetch_optional().await?;
    row.map(|row| {
        let tenant = cipher.tenant(&SubaccountId::stored(row.subaccount_id.clone()));
        row.connection(&tenant)
    })
    .transpose()
}

/// Those of any subaccount at one provider that are on, with their own subaccount's seal.
pub async fn of_provider(tx: &mut Tx, cipher: &Cipher, provider: Provider, limit: i64) -> Result<Vec<Connection>> {
    let sql = format!("select {COLUMNS} from connections where provider = $1 and enabled order by priority, id limit $2");
    let rows: Vec<ConnectionRow> = tx.query(&sql).bind(provider.as_str()).bind(limit).fetch_all().await?;
    rows.into_iter()
        .map(|row| {
            let tenant = cipher.tenant(&SubaccountId::stored(row.subaccount_id.clone()));
            row.connection(&tenant)
        })
        .collect()
}

/// Writes a connection, new or known.
pub async fn save(tx: &mut Tx, cipher: &TenantCipher, connection: &Connection, now: Millis) -> Result<()> {
    let sealed = BTreeMap::from([(connection.provider.as_str(), connection.settings.values())]);
    let config = serde_json::to_vec(&sealed).map_err(Error::internal)?;
    let list = |words: Vec<&str>| words.join(",");
    tx.query(
        "insert into connections (id, subaccount_id, name, provider, enabled, paused_reason, priority, countries, categories, senders, \
         limits, sender_limits, config, webhook_key, blocked_until, steady_from, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17) \
         on conflict (id, subaccount_id) do update set name = excluded.name, enabled = excluded.enabled, \
         paused_reason = excluded.paused_reason, priority = excluded.priority, countries = excluded.countries, \
         categories = excluded.categories, senders = excluded.senders, limits = excluded.limits, \
         sender_limits = excluded.sender_limits, config = excluded.config, \
         steady_from = excluded.steady_from, updated_at = excluded.updated_at",
    )
    .bind(connection.id.as_str())
    .bind(connection.subaccount.as_str())
    .bind(connection.name.as_str())
    .bind(connection.provider.as_str())
    .bind(connection.enabled)
    .bind(connection.paused_reason.as_deref())
    .bind(connection.priority)
    .bind(list(connection.countries.iter().map(Country::as_str).collect()))
    .bind(list(connection.categories.iter().map(|c| c.as_str()).collect()))
    .bind(list(connection.senders.iter().map(String::as_str).collect()))
    .bind(serde_json::to_string(&connection.limits).map_err(Error::internal)?)
    .bind(serde_json::to_string(&connection.sender_limits).map_err(Error::internal)?)
    .bind(cipher.own().seal(SEAL, &config))
    .bind(connection.webhook_key.as_str())
    .bind(connection.blocked_until)
    .bind(connection.steady_from)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

pub async fn pause(tx: &mut Tx, subaccount: &SubaccountId, id: &ConnectionId, reason: &str, now: Millis) -> Result<bool> {
    let sql = "update connections set paused_reason = $1, updated_at = $2 where subaccount_id = $3 and id = $4 and paused_reason is null";
    Ok(tx.query(sql).bind(reason).bind(now).bind(subaccount.as_str()).bind(id.as_str()).execute().await? > 0)
}

pub async fn block_until(tx: &mut Tx, subaccount: &SubaccountId, id: &ConnectionId, until: Millis) -> Result<()> {
    let sql = "update connections set blocked_until = $1 where subaccount_id = $2 and id = $3 and blocked_until < $1";
    tx.query(sql).bind(until).bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
    Ok(())
}

pub async fn prices_at(tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<Vec<(String, String, Micros)>> {
    let sql = "select connection_id, country, price from prices where subaccount_id = $1 and valid_from <= $2 order by valid_from";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(now).fetch_all().await?)
}

pub async fn price_list(tx: &mut Tx, subaccount: &SubaccountId, id: &ConnectionId) -> Result<Vec<Price>> {
    let sql = "select country, valid_from, price, currency from prices where subaccount_id = $1 and connection_id = $2 \
               order by country, valid_from";
    let rows: Vec<(String, Millis, Micros, String)> = tx.query(sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_all().await?;
    Ok(rows
        .into_iter()
        .map(|(country, valid_from, price, currency)| Price {
            country: Country::parse(&country).ok(),
            valid_from,
            price,
            currency: Currency::parse(&currency).unwrap_or(Currency::USD),
        })
        .collect())
}

pub async fn add_price(tx: &mut Tx, subaccount: &SubaccountId, id: &ConnectionId, line: &Price) -> Result<()> {
    tx.query(
        "insert into prices (subaccount_id, connection_id, country, valid_from, price, currency) values ($1, $2, $3, $4, $5, $6) \
         on conflict (connection_id, country, valid_from) do update set price = excluded.price, currency = excluded.currency",
    )
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .bind(line.country.as_ref().map_or("", |c| c.as_str()))
    .bind(line.valid_from)
    .bind(line.price)
    .bind(line.currency.as_str())
    .execute()
    .await?;
    Ok(())
}
