//! Conditions as SQL for both engines. The words below are ours; what people wrote is only ever bound.

use crate::audiences::condition::{Ago, Bound, Condition, Conditions, Item, Join, Moment, Said};
use crate::consent;
use crate::contacts::Standing;
use crate::db::Query;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::id::SubaccountId;

/// Who is in the lists: the condition of the index `contacts_listed`.
const LISTED: &str = "c.phone is not null and c.hidden_at is null and c.merged_into is null";

/// A value to be bound.
enum Value {
    Text(String),
    Int(i64),
}

/// Conditions about to be asked: SQL over `contacts c`, in which `$1` is the subaccount, and what is bound from `$2` on.
pub struct Asked {
    /// One for each condition, in order; a sealed one always holds.
    conditions: Vec<String>,
    /// All of them joined.
    tree: String,
    /// Whether a message of the category may be sent.
    reachable: Option<String>,
    values: Vec<Value>,
}

/// What conditions are held against.
pub struct Rules<'s> {
    /// The organisation's rules.
    pub settings: &'s crate::access::Settings,
    /// The instant.
    pub now: Millis,
}

impl Asked {
    /// Translates conditions, and which of the people may be sent messages of a category.
    pub fn of(tree: &Conditions, category: Option<Category>, rules: &Rules<'_>) -> Self {
        let mut words = Words { rules, values: Vec::new() };
        let conditions: Vec<String> = tree.all().map(|one| words.condition(one)).collect();
        let reachable = category.map(|category| words.reachable(category));
        let mut rest = conditions.iter().map(String::as_str);
        let mut items = Vec::new();
        for item in &tree.items {
            let (several, join) = match item {
                Item::One(one) => (std::slice::from_ref(one), tree.join),
                Item::Group(several) => (several.as_slice(), tree.join.other()),
            };
            items.push(joined(rest.by_ref().take(several.len()).map(str::to_owned).collect(), join));
        }
        let joined = if items.is_empty() { "1 = 1".to_owned() } else { joined(items, tree.join) };
        Self { tree: joined, conditions, reachable, values: words.values }
    }

    /// `select` and then `what`, of everybody who fits as far as the database can tell.
    pub fn select(&self, what: &str) -> String {
        format!("select {what} from contacts c where c.subaccount_id = $1 and {LISTED} and ({})", self.tree)
    }

    /// The answers as bits of a number: the n-th condition at the n-th bit.
    pub fn bits(&self) -> String {
        let bit = |(n, condition): (usize, &String)| format!("(case when {condition} then {} else 0 end)", 1_u32 << n);
        let all: Vec<String> = self.conditions.iter().enumerate().map(bit).collect();
        if all.is_empty() { "cast(0 as bigint)".to_owned() } else { format!("cast({} as bigint)", all.join(" + ")) }
    }

    /// 1 for who may be sent messages of the category that was asked for, else 0.
    pub fn reachable(&self) -> String {
        self.reachable.as_ref().map_or("cast(0 as bigint)".to_owned(), |sql| format!("cast(case when {sql} then 1 else 0 end as bigint)"))
    }

    /// The placeholder behind all of these, and so on.
    pub fn after(&self, n: usize) -> String {
        format!("${}", self.values.len() + 2 + n)
    }

    /// Binds the subaccount and all values.
    pub fn bind<'t, 'q>(&self, query: Query<'t, 'q>, subaccount: &SubaccountId) -> Query<'t, 'q> {
        let query = query.bind(subaccount.as_str());
        self.values.iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text.as_str()),
            Value::Int(number) => query.bind(*number),
        })
    }
}

fn joined(parts: Vec<String>, join: Join) -> String {
    let word = match join {
        Join::All => " and ",
        Join::Any => " or ",
    };
    format!("({})", parts.join(word))
}

struct Words<'r> {
    rules: &'r Rules<'r>,
    values: Vec<Value>,
}

impl Words<'_> {
    fn text(&mut self, text: &str) -> String {
        self.values.push(Value::Text(text.to_owned()));
        format!("${}", self.values.len() + 1)
    }

    fn int(&mut self, number: i64) -> String {
        self.values.push(Value::Int(number));
        format!("${}", self.values.len() + 1)
    }

    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Attribute(..) => "1 = 1".to_owned(),
            Condition::Column(column, is, None) => format!("c.{} {}", column.as_str(), if *is { "is null" } else { "is not null" }),
            Condition::Column(column, is, Some(value)) => {
                let (column, value) = (column.as_str(), self.text(value));
                if *is { format!("c.{column} = {value}") } else { format!("(c.{column} is null or c.{column} <> {value})") }
            }
            Condition::Tag(has, tag) => {
                let tag = self.text(tag);
                let found =
                    format!("exists (select 1 from contact_tags t where t.subaccount_id = $1 and t.tag = {tag} and t.contact_id = c.id)");
                unless(*has, found)
            }
            Condition::Import(is, file) => {
                let file = self.text(file);
                let found = format!(
                    "exists (select 1 from contact_import_members k join contact_imports f on f.id = k.import_id and f.subaccount_id = k.subaccount_id \
                     where k.contact_id = c.id and k.subaccount_id = $1 and f.file_name = {file})"
                );
                unless(*is, found)
            }
            Condition::Last(moment, ago) => self.last(*moment, *ago),
            Condition::Purchases(bound) => {
                let count = "(select count(*) from purchases p where p.contact_id = c.id and p.subaccount_id = $1)";
                self.bound(count, *bound)
            }
            Condition::Spent(bound, currency) => {
                let currency = self.text(currency.as_str());
                let sum = format!(
                    "(select coalesce(sum(p.amount), 0) from purchases p where p.contact_id = c.id and p.subaccount_id = $1 and p.currency = {currency})"
                );
                self.bound(&sum, *bound)
            }
            Condition::Consent(Said::MayBeSent, category) => self.reachable(*category),
            Condition::Consent(Said::Agreed, category) => {
                let bit = self.int(category.bit());
                format!("((c.granted & {bit}) <> 0 and (c.withdrawn & {bit}) = 0 and c.stopped_at is null)")
            }
            Condition::Consent(Said::Refused, category) => {
                let bit = self.int(category.bit());
                // Stopping everything on the preference centre leaves codes, which are asked for each time.
                let stopped = if *category == Category::Authentication { "" } else { " or c.stopped_at is not null" };
                format!("((c.withdrawn & {bit}) <> 0{stopped})")
            }
        }
    }

    fn bound(&mut self, left: &str, bound: Bound) -> String {
        match bound {
            Bound::AtLeast(value) => format!("{left} >= {}", self.int(value)),
            Bound::AtMost(value) => format!("{left} <= {}", self.int(value)),
        }
    }

    fn last(&mut self, moment: Moment, ago: Ago) -> String {
        let since = |days: u32| self.rules.now - i64::from(days) * DAY;
        if moment == Moment::Added {
            return match ago {
                Ago::Within(days) => format!("c.created_at >= {}", self.int(since(days))),
                Ago::Before(days) => format!("c.created_at < {}", self.int(since(days))),
                // Whoever is in the lists was added.
                Ago::Never => "1 = 0".to_owned(),
            };
        }
        match ago {
            Ago::Never => format!("not {}", happened(moment, None)),
            Ago::Within(days) => happened(moment, Some(&self.int(since(days)))),
            Ago::Before(days) => {
                let recent = happened(moment, Some(&self.int(since(days))));
                format!("({} and not {recent})", happened(moment, None))
            }
        }
    }

    /// As [`consent::opted_out`] decides, which a test holds it to.
    fn reachable(&mut self, category: Category) -> String {
        let bit = self.int(category.bit());
        let mut parts = vec![format!("((c.withdrawn | c.pending) & {bit}) = 0")];
        if category != Category::Authentication {
            parts.push("c.stopped_at is null".to_owned());
        }
        if consent::opted_out(category, &Standing::default(), self.rules.settings).is_some() {
            parts.push(format!("(c.granted & {bit}) <> 0"));
        }
        joined(parts, Join::All)
    }
}

fn unless(yes: bool, found: String) -> String {
    if yes { found } else { format!("not {found}") }
}

/// That something happened with a person, with any of their numbers, since the instant in a placeholder or ever.
fn happened(moment: Moment, since: Option<&str>) -> String {
    let (table, at, only) = match moment {
        Moment::Message => ("messages", "coalesce(h.submitted_at, h.created_at)", " and h.status in ('sent', 'delivered')"),
        Moment::Reply => ("inbound", "h.at", ""),
        // Purchases are the person's own, whatever numbers they have.
        Moment::Purchase | Moment::Added => {
            let since = since.map_or(String::new(), |since| format!(" and h.at >= {since}"));
            return format!("exists (select 1 from purchases h where h.contact_id = c.id and h.subaccount_id = $1{since})");
        }
    };
    let since = since.map_or(String::new(), |since| format!(" and {at} >= {since}"));
    format!(
        "(exists (select 1 from {table} h where h.contact_id = c.id and h.subaccount_id = $1{only}{since}) \
         or exists (select 1 from contacts x join {table} h on h.contact_id = x.id and h.subaccount_id = x.subaccount_id \
         where x.subaccount_id = $1 and x.merged_into = c.id{only}{since}))"
    )
}
