//! `peyk demo`: two months in the life of a shop, made by the subjects' own steps under a clock that walks
//! through them, so that history, facts, costs and counts agree as they do in real life. Nothing is sent.

mod carrier;
mod shop;

use std::sync::Arc;

use clap::Args;
use peyk::access::{self, Actor};
use peyk::app::{App, load_cipher};
use peyk::campaigns::{self, Audience, Launch, NewCampaign, Recipient};
use peyk::config::Config;
use peyk::connections;
use peyk::contacts::{self, Person};
use peyk::db::Db;
use peyk::inbox::{self, ReplyRequest};
use peyk::kernel::category::Category;
use peyk::kernel::clock::{Clock, DAY, HOUR, MINUTE, Millis};
use peyk::kernel::id::MessageId;
use peyk::kernel::language::Language;
use peyk::kernel::page::PageRequest;
use peyk::kernel::phone::Phone;
use peyk::kernel::sms::measure;
use peyk::messages::{self, AUTHENTICATION_QUEUE, Content, Filter, NewMessage, SINGLE_QUEUE};
use peyk::preferences::{self, OptRequest};
use peyk::providers::Inbound;
use peyk::templates::{self, Published, TemplateInput};
use peyk::uploads::{MessageChoice, Wording};

use super::{Failure, Outcome, lock, open, say};
use carrier::Carrier;
use shop::Chance;

/// How far back the story begins.
const DAYS: i64 = 60;
/// Times of day at which single messages go out.
const ROUNDS: i64 = 12;
/// People who are looked up or made in one transaction.
const PEOPLE_AT_ONCE: usize = 500;

/// `peyk demo`.
#[derive(Args, Debug)]
pub struct Options {
    /// How many messages, about
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    messages: u64,
    /// The same seed tells the same story
    #[arg(long, value_name = "K", default_value_t = 1)]
    seed: u64,
}

/// Fills the database; refuses one that has messages already.
pub async fn run(config: Config, options: Options) -> Outcome {
    let Some(held) = lock::take(&config)? else {
        return Err(Failure::new("A Peyk works on this database. Stop it, fill the database, and start it again."));
    };
    let present = Clock::system().now();
    let begin = present - present.rem_euclid(DAY) - DAYS * DAY;
    let clock = Clock::fixed(begin);
    let simulator = config.simulator_url.clone().unwrap_or_default();
    let db = Db::open(config.database_url.expose()).await?;
    let app = App::new(config.clone(), db, load_cipher(&config)?, clock, open::outbound()?, simulator);
    let actor = open::shell(&app, None).await?;
    let any = messages::list(&app, &actor, &Filter::default(), &PageRequest { limit: 1, cursor: None }).await?;
    if !any.items.is_empty() {
        return Err(Failure::new("This database has messages already, and a demo must not mix with them. Use an empty one."));
    }
    let mut story = Story::begin(Arc::clone(&app), actor, options.seed, options.messages).await?;
    story.tell(begin, present, options.messages).await?;
    say(&format!("Made {} messages to {} people over {DAYS} days.", story.made, story.people.len()));
    app.db.close().await;
    drop(held);
    Ok(())
}

/// What the story is told with.
struct Story {
    app: Arc<App>,
    actor: Actor,
    chance: Chance,
    carrier: Carrier,
    templates: Vec<Published>,
    people: Vec<(Phone, Person)>,
    price: i64,
    made: u64,
}

impl Story {
    async fn begin(app: Arc<App>, actor: Actor, seed: u64, messages: u64) -> Outcome<Self> {
        let mut chance = Chance::new(seed);
        let templates = write_templates(&app, &actor).await?;
        let people = meet(&app, &actor, &shop::phones(&mut chance, (messages / 3).clamp(30, 200_000) as usize)).await?;
        let connection = connections::list(&app, &actor).await?.into_iter().next();
        let view = connection.ok_or_else(|| Failure::new("There is no connection to tell of."))?;
        let price = view.prices.first().map_or(0, |line| line.price);
        let carrier = Carrier::new(&app, view.connection, chance.fork());
        let mut story = Self { app, actor, chance, carrier, templates, people, price, made: 0 };
        story.refuse().await?;
        Ok(story)
    }

    /// A few people want none of it.
    async fn refuse(&mut self) -> Outcome {
        let few = self.people.len() / 50;
        for (phone, _) in self.people.iter().take(few.min(40)) {
            let request = OptRequest { phone: phone.e164(), category: None, reason: Some("Asked at the counter".into()), proof: None };
            preferences::opt_out(&self.app, &self.actor, &request).await?;
        }
        // Whoever refused is sent nothing, as at the gate.
        self.people.drain(..few.min(40));
        Ok(())
    }

    async fn tell(&mut self, begin: Millis, present: Millis, messages: u64) -> Outcome {
        let in_campaigns = messages * 2 / 5;
        let singles = messages - in_campaigns;
        let rounds = (DAYS * ROUNDS) as u64;
        for round in 0..rounds {
            let (day, turn) = (round as i64 / ROUNDS, round as i64 % ROUNDS);
            let at = begin + day * DAY + 8 * HOUR + turn * HOUR + self.chance.below(50) as Millis * MINUTE;
            self.clock_to(at.min(present));
            let count = singles * (round + 1) / rounds - singles * round / rounds;
            self.singles(count).await?;
            if turn == 6 {
                self.written_back(day).await?;
            }
            if let Some(which) = shop::CAMPAIGN_DAYS.iter().position(|d| *d == day).filter(|_| turn == 4) {
                self.campaign(which, in_campaigns / shop::CAMPAIGN_DAYS.len() as u64).await?;
            }
        }
        self.clock_to(present);
        Ok(())
    }

    /// Time only goes forward.
    fn clock_to(&self, at: Millis) {
        self.app.clock.advance((at - self.app.clock.now()).max(0));
    }

    /// Somebody writes back. What came in the last two days waits to be read.
    async fn written_back(&mut self, day: i64) -> Outcome {
        if self.people.len() < 2 {
            return Ok(());
        }
        let at = self.chance.below(self.people.len() as u64) as usize;
        let (text, answer) = shop::REPLIES[self.chance.below(shop::REPLIES.len() as u64) as usize];
        let (phone, person) = self.people[at].clone();
        let heard = Inbound {
            event_key: format!("demo-{day}"),
            to: "Peyk".into(),
            from: phone.e164(),
            text: text.into(),
            at: self.app.clock.now(),
            answered: false,
        };
        inbox::hear_all(&self.app, self.carrier.connection(), &[heard]).await?;
        if text == "STOP" {
            // Whoever refused is sent nothing, as at the gate.
            self.people.remove(at);
        } else if day < DAYS - 2 {
            inbox::mark_read(&self.app, &self.actor, person.id.as_str(), None).await?;
            if let Some(text) = answer {
                let reply = ReplyRequest { text: text.into(), category: None };
                inbox::reply(&self.app, &self.actor, person.id.as_str(), &reply, None).await?;
            }
        }
        self.carrier.carry(&self.app, SINGLE_QUEUE).await
    }

    async fn singles(&mut self, count: u64) -> Outcome {
        if count == 0 {
            return Ok(());
        }
        let now = self.app.clock.now();
        let new: Vec<NewMessage> = (0..count).map(|_| self.single(now)).collect::<Outcome<_>>()?;
        let subaccount = &self.actor.subaccount;
        let mut tx = self.app.db.write().await?;
        let settings = access::settings_of(&mut tx, subaccount).await?;
        let (made, _) = messages::enqueue(&mut tx, &self.app.cipher.tenant(subaccount), subaccount, &settings, &new, now).await?;
        tx.commit().await?;
        self.made += made;
        for queue in [AUTHENTICATION_QUEUE, SINGLE_QUEUE] {
            self.carrier.carry(&self.app, queue).await?;
        }
        Ok(())
    }

    /// One message of a template to somebody, in the language of their country.
    fn single(&mut self, now: Millis) -> Outcome<NewMessage> {
        let (phone, person) = self.people[self.chance.below(self.people.len() as u64) as usize].clone();
        let template = self.templates[self.chance.below(self.templates.len() as u64) as usize].clone();
        let values = self.chance.values();
        let content = Content::Values(values.clone());
        let (language, _) = template.text_for(Some(&shop::language_of(phone.country())), &Language::english());
        let language = language.clone();
        let text = template.render(&language, &|name| content.value(name)).map_err(|e| Failure::new(format!("a demo text: {e}")))?;
        let size = measure(&text);
        Ok(NewMessage {
            id: MessageId::new(now),
            contact: person.id.clone(),
            salt: person.salt.clone().unwrap_or_default(),
            campaign: None,
            category: template.category,
            country: phone.country(),
            language: Some(language),
            sender: None,
            connection: None,
            template: Some((template.id.clone(), template.version)),
            variant: None,
            content: Content::Values(values),
            encoding: size.encoding,
            segments: size.segments,
            estimated: self.price * i64::from(size.segments),
            currency: access::Settings::default().currency,
            due_at: now,
            not_after: now + messages::lifetime(template.category),
            reference: None,
            metadata: None,
        })
    }

    /// A campaign to some people who come one after the other in the list.
    async fn campaign(&mut self, which: usize, size: u64) -> Outcome {
        let (name, text, category) = shop::CAMPAIGNS[which];
        let size = (size as usize).clamp(1, campaigns::MOST_RECIPIENTS).min(self.people.len());
        let from = self.chance.below((self.people.len() - size + 1) as u64) as usize;
        let recipient =
            |(phone, _): &(Phone, Person)| Recipient { to: phone.e164(), variables: [("name".to_owned(), "Sara".to_owned())].into() };
        let people = self.people[from..from + size].iter().map(recipient).collect();
        let words = MessageChoice { wording: Wording::Text(text.into()), category: Some(category), language: Some(Language::english()) };
        let new = NewCampaign { name: name.into(), ..NewCampaign::default() };
        let (draft, _) = campaigns::create(&self.app, &self.actor, &new, &Audience::Recipients(people), Some(&words)).await?;
        let campaign = campaigns::launch(&self.app, &self.actor, &draft.id, &Launch::default()).await?;
        while campaigns::expand_step(&self.app).await? {}
        self.carrier.carry(&self.app, campaign.id.as_str()).await?;
        let mut tx = self.app.db.write().await?;
        campaigns::finish_done(&mut tx, self.app.clock.now()).await?;
        tx.commit().await?;
        self.made += campaign.total;
        Ok(())
    }
}

async fn meet(app: &App, actor: &Actor, phones: &[Phone]) -> Outcome<Vec<(Phone, Person)>> {
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut people = Vec::with_capacity(phones.len());
    for part in phones.chunks(PEOPLE_AT_ONCE) {
        let mut tx = app.db.write().await?;
        let met = contacts::ensure(&mut tx, &cipher, &actor.subaccount, part, app.clock.now()).await?;
        tx.commit().await?;
        people.extend(part.iter().copied().zip(met));
    }
    Ok(people)
}

async fn write_templates(app: &App, actor: &Actor) -> Outcome<Vec<Published>> {
    let mut published = Vec::new();
    for (name, category, texts) in shop::TEMPLATES {
        let input = TemplateInput {
            name: Some(name.into()),
            category: Some(Category::as_str(category).into()),
            texts: Some(texts.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect()),
            ..TemplateInput::default()
        };
        let template = templates::create(app, actor, input).await?;
        templates::publish(app, actor, &template.code, Some("First version")).await?;
        let mut tx = app.db.read().await?;
        published.push(templates::published(&mut tx, &actor.subaccount, &template.code, None).await?);
    }
    Ok(published)
}
