//! Calls that somebody forged, through the real router. For each provider a genuine call is altered some hundred times
//! (`PEYK_FORGED_WEBHOOKS` says how often; the full run is 10,000) by a fixed seed: all are turned away and nothing changes.
//! Then the genuine call comes, does what it says, and does nothing when it comes again.
//!
//! `PEYK_FORGED_WEBHOOKS=10000 cargo test --test it forged`

mod alter;
mod calls;
mod record;
mod setting;

use axum::http::StatusCode;

use self::alter::{Dice, altered};
use self::calls::Call;
use self::record::Record;
use self::setting::{Setting, needed};
use crate::harness::{TestApp, both_engines};
use crate::proof::size;

both_engines! {
    no_forged_call_of_the_simulator_changes_anything,
    no_forged_call_of_twilio_changes_anything,
    no_forged_call_of_mitake_changes_anything,
    no_forged_call_of_every8d_changes_anything,
    no_forged_call_of_melipayamak_changes_anything,
    no_call_in_the_name_of_sns_changes_anything,
    a_signed_twilio_call_with_moved_borders_is_forged,
    what_another_organisation_is_told_moves_nothing_of_ours,
    a_genuine_call_about_the_unknown_moves_nothing,
}

/// How many calls are forged of each genuine one before the state is looked at.
const BETWEEN_LOOKS: usize = 500;

/// Sends `count` altered calls of these genuine ones; all are turned away as they must be, and nothing changes.
async fn forge(setting: &Setting, genuine: &[Call], count: usize, dice: &mut Dice) {
    let before = Record::of(&setting.app).await;
    let mut since = Vec::new();
    for n in 0..count {
        let original = &genuine[n % genuine.len()];
        let (what, call) = altered(setting, original, dice);
        let answer = setting.send(&call).await;
        assert_eq!(answer, StatusCode::FORBIDDEN, "{what}: {call:?}");
        since.push(what);
        if since.len() == BETWEEN_LOOKS || n + 1 == count {
            setting.app.dispatch_all().await;
            assert_eq!(Record::of(&setting.app).await, before, "after {since:?}");
            since.clear();
        }
    }
}

/// Forges calls, lets the genuine ones do what they say, repeats those, and forges more.
async fn withstands(setting: Setting, seed: u64) {
    let count = size("PEYK_FORGED_WEBHOOKS", 300);
    let (genuine, mut dice) = (setting.genuine(), Dice::new(seed));
    assert_eq!(setting.told().await, (setting.reports().then_some("sent"), false), "nothing was told yet");
    forge(&setting, &genuine, count, &mut dice).await;
    if !setting.signs() {
        let before = Record::of(&setting.app).await;
        for call in &genuine {
            let keyless = Call { is_keyless: true, ..call.clone() };
            assert_eq!(setting.send(&keyless).await, StatusCode::NOT_FOUND, "who signs nothing has no address without a key");
        }
        assert_eq!(Record::of(&setting.app).await, before);
    }
    for call in &genuine {
        assert_eq!(setting.send(call).await, StatusCode::OK, "{call:?}");
    }
    setting.app.dispatch_all().await;
    assert_eq!(setting.told().await, (setting.reports().then_some("delivered"), setting.hears()), "the genuine calls were heard");
    let once = Record::of(&setting.app).await;
    for call in genuine.iter().cycle().take(3 * genuine.len()) {
        assert_eq!(setting.send(call).await, StatusCode::OK, "{call:?}");
    }
    setting.app.dispatch_all().await;
    assert_eq!(Record::of(&setting.app).await, once, "what is told again is told once");
    forge(&setting, &genuine, count.div_ceil(4), &mut dice).await;
}

async fn no_forged_call_of_the_simulator_changes_anything(app: TestApp) {
    withstands(Setting::of(app, "simulator").await, 1).await;
}

async fn no_forged_call_of_twilio_changes_anything(app: TestApp) {
    withstands(Setting::of(app, "twilio").await, 2).await;
}

async fn no_forged_call_of_mitake_changes_anything(app: TestApp) {
    withstands(Setting::of(app, "mitake").await, 3).await;
}

async fn no_forged_call_of_every8d_changes_anything(app: TestApp) {
    withstands(Setting::of(app, "every8d").await, 4).await;
}

async fn no_forged_call_of_melipayamak_changes_anything(app: TestApp) {
    withstands(Setting::of(app, "melipayamak").await, 5).await;
}

/// Amazon calls nobody about text messages: also who knows the address is not believed.
async fn no_call_in_the_name_of_sns_changes_anything(app: TestApp) {
    let setting = Setting::of(app, "sns").await;
    let calls = setting.genuine();
    forge(&setting, &calls, size("PEYK_FORGED_WEBHOOKS", 300), &mut Dice::new(6)).await;
    let before = Record::of(&setting.app).await;
    for call in &calls {
        assert_eq!(setting.send(call).await, StatusCode::BAD_REQUEST, "{call:?}");
    }
    assert_eq!(Record::of(&setting.app).await, before);
}

/// Twilio's signature does not cover where a name ends and its value begins.
async fn a_signed_twilio_call_with_moved_borders_is_forged(app: TestApp) {
    let setting = Setting::of(app, "twilio").await;
    let before = Record::of(&setting.app).await;
    for call in setting.genuine() {
        for (name, value) in call.fields().into_iter().filter(|(name, _)| needed(&call).contains(&name.as_str())) {
            let all = format!("{name}{value}");
            for border in (1..all.len()).filter(|border| *border != name.len() && all.is_char_boundary(*border)) {
                let (moved, rest) = all.split_at(border);
                let fields = call.fields().into_iter();
                let fields = fields.map(|field| if field.0 == name { (moved.to_owned(), rest.to_owned()) } else { field });
                let forged = call.clone().with_fields(fields.collect());
                assert_eq!(setting.send(&forged).await, StatusCode::FORBIDDEN, "{forged:?}");
            }
        }
    }
    assert_eq!(Record::of(&setting.app).await, before);
}

/// A key or a secret of its own lets nobody speak about another organisation's messages.
async fn what_another_organisation_is_told_moves_nothing_of_ours(app: TestApp) {
    for provider in ["simulator", "twilio", "mitake", "every8d"] {
        let setting = Setting::of(app.clone(), provider).await;
        let before = Record::of(&app).await.about_messages();
        for call in setting.genuine().iter().filter(|call| call.is_receipt()) {
            let theirs = setting.as_stranger(call);
            assert_eq!(setting.send(&theirs).await, StatusCode::OK, "{theirs:?}");
        }
        app.dispatch_all().await;
        assert_eq!(Record::of(&app).await.about_messages(), before, "{provider}");
        assert_eq!(setting.told().await.0, Some("sent"), "{provider}");
    }
}

/// Who signs nothing is known by the address. What such a call says of messages that nobody sent waits for one, and moves none.
async fn a_genuine_call_about_the_unknown_moves_nothing(app: TestApp) {
    for provider in ["simulator", "twilio", "mitake", "every8d"] {
        let setting = Setting::of(app.clone(), provider).await;
        let before = Record::of(&app).await.about_messages();
        let mut dice = Dice::new(7);
        for _ in 0..20 {
            let unknown = setting.about_the_unknown(&mut dice);
            assert_eq!(setting.send(&unknown).await, StatusCode::OK, "{unknown:?}");
        }
        app.dispatch_all().await;
        assert_eq!(Record::of(&app).await.about_messages(), before, "{provider}");
        assert_eq!(setting.told().await.0, Some("sent"), "{provider}");
    }
}
