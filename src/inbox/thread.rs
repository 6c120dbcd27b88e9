//! A conversation line by line: what the person wrote and what went to them, in the order in which it happened.

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::Person;
use crate::db::Tx;
use crate::inbox::conversation::{Conversation, held, instant, open_text, some_instant};
use crate::inbox::store;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, InboundId, MessageId, SubaccountId};
use crate::kernel::keyword::Keyword;
use crate::kernel::page::{Page, PageRequest};
use crate::messages::{self, Message};
use crate::preferences::Confirmation;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The person.
    In,
    /// We.
    Out,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Line {
    /// The id of the text or message.
    pub id: String,
    /// Who wrote it.
    pub direction: Direction,
    /// When the person's text was written, or ours accepted.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    /// The text, for those who may see it; gone once the person is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The keyword that the person's text was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyword: Option<Keyword>,
    /// Whether the keyword changed what the person gets; the second of two STOPs does not, nor a START that has to be confirmed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
    /// The one category that a STOP ended; absent where it ended all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Category>,
    /// Of a START that has to be confirmed before it changes anything: whether the person was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// Whether somebody has read the person's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// When the text was taken out, because its time was over or somebody asked for it.
    #[serde(serialize_with = "some_instant", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub text_removed_at: Option<Millis>,
    /// Our message, with its status and cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// A conversation with a page of its lines, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// The conversation.
    pub conversation: Conversation,
    /// Its lines.
    pub lines: Page<Line>,
}

impl Line {
    /// What both kinds of ids are sorted by: the part after the prefix, which begins with the time.
    fn turn(&self) -> &str {
        self.id.split_once('_').map_or("", |(_, body)| body)
    }

    fn of_message(mut message: Message) -> Self {
        Self {
            id: message.id.clone(),
            direction: Direction::Out,
            at: message.created_at,
            text: message.text.take(),
            keyword: None,
            changed: false,
            only: None,
            confirmation: None,
            read: None,
            text_removed_at: message.text_removed_at,
            message: Some(message),
        }
    }
}

/// A page of the conversation with a person, by their id; newest first.
pub async fn thread(app: &App, actor: &Actor, contact: &str, page: &PageRequest) -> Result<Thread> {
    actor.require(Permission::View)?;
    let before = page.cursor.as_deref().map(before).transpose()?;
    let mut tx = app.db.read().await?;
    let (person, conversation) = held(&mut tx, app, actor, contact).await?;
    let contact: &ContactId = &person.id;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let most = page.limit + 1;
    let written =
        store::texts_of(&mut tx, &actor.subaccount, contact, before.as_ref().map(|(inbound, _)| inbound), i64::from(most)).await?;
    let sent = messages::to_contact(&mut tx, app, actor, contact, before.as_ref().map(|(_, message)| message), most).await?;
    let whole = actor.may(Permission::ViewPersonal);
    let mut lines: Vec<Line> = sent.into_iter().map(Line::of_message).collect();
    lines.extend(written.into_iter().map(|row| Line {
        direction: Direction::In,
        at: row.at,
        text: open_text(&cipher, &person, &row.text).filter(|_| whole),
        keyword: row.keyword.as_deref().and_then(Keyword::parse),
        changed: row.changed,
        only: row.only.as_deref().and_then(Category::parse),
        confirmation: row.confirmation.as_deref().and_then(Confirmation::parse),
        read: Some(row.read_at.is_some()),
        text_removed_at: row.redacted_at,
        message: None,
        id: row.id,
    }));
    lines.sort_by(|a, b| b.turn().cmp(a.turn()));
    Ok(Thread { conversation, lines: page.page(lines, |line| line.turn().to_owned()) })
}

/// Everything that a person wrote, newest first: its id, when, and the text, `None` when it cannot be opened any more. A step.
pub async fn written_by(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    person: &Person,
) -> Result<Vec<(String, Millis, Option<String>)>> {
    let cipher = app.cipher.tenant(subaccount);
    let rows = store::texts_of(tx, subaccount, &person.id, None, i64::MAX).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.at, open_text(&cipher, person, &row.text))).collect())
}

/// The two ids that a cursor stands for.
fn before(turn: &str) -> Result<(InboundId, MessageId)> {
    let ids = InboundId::parse(&format!("{}_{turn}", InboundId::PREFIX)).zip(MessageId::parse(&format!("{}_{turn}", MessageId::PREFIX)));
    ids.ok_or_else(|| Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before as it is, or leave it out."))
}
