//! Signed links: none that was altered opens anything, and none that is opened changes anything.
//!
//! `PEYK_ALTERED_LINKS=112000 cargo test --test it consent::links` is the full run; every link goes to the reader that the pages use, and
//! a part of them, up to 10,000, through the real addresses, by GET and by POST.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, Uri};
use peyk::consent::link::{self, Link, LinkError, Pass};
use peyk::contacts;
use peyk::kernel::clock::{DAY, SECOND};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::id::{ContactId, SubaccountId};
use peyk::kernel::phone::Phone;
use serde_json::json;

use super::digest::{changed, digest};
use super::{OTHER, PERSON, confirming, link_in, marketing, opt_in};
use crate::api::another_subaccount;
use crate::harness::{TestApp, both_engines};
use crate::inbox::received;
use crate::proof::size;
use crate::web::Browser;

both_engines! {
    none_of_the_altered_links_opens_or_changes_anything,
    opening_a_public_page_changes_nothing,
    links_that_are_taken_back_open_nothing_any_more,
}

/// How many of the altered links go through the real addresses.
const BY_HTTP: usize = 10_000;
/// Altered links between two looks at the database.
const BETWEEN_LOOKS: usize = 2_500;

/// Numbers that look random and are the same in every run (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).expect("31 bits fit") % n.max(1)
    }
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

/// A genuine link and what an attacker may know besides.
struct Scene {
    app: TestApp,
    /// `p` and `o` with the token.
    genuine: [(Pass, String); 2],
    link: Link,
    other_person: ContactId,
    other_tenant: SubaccountId,
    foreign: Cipher,
}

impl Scene {
    async fn set(app: &TestApp) -> Self {
        let client = confirming(app).await;
        opt_in(&client, PERSON).await;
        opt_in(&client, OTHER).await;
        let opt_in = link_in(&received(app, &client, PERSON).await[0])[3..].to_owned();
        let made = client.post("/api/v1/notifications/preference-link", json!({"phone": PERSON})).await.json();
        let preferences = made["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a link").to_owned();
        let phone = Phone::from_e164(OTHER).expect("a number");
        let mut tx = app.db.read().await.expect("the database reads");
        let found = contacts::find(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount, &[phone]).await.expect("readable");
        let other_person = found[0].as_ref().expect("they are there").id.clone();
        drop(tx);
        let link = link::open(&app.cipher, &preferences, app.clock.now()).expect("our own link");
        Self {
            genuine: [(Pass::Link, preferences), (Pass::OptIn, opt_in)],
            link,
            other_person,
            other_tenant: another_subaccount(app).await,
            foreign: Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret"),
            app: app.clone(),
        }
    }

    /// An altered link: what was done, for which page, and the token as bytes.
    fn altered(&self, n: usize, dice: &mut Dice) -> (&'static str, Pass, Vec<u8>) {
        let (purpose, genuine) = &self.genuine[n % 2];
        let other = &self.genuine[(n + 1) % 2];
        let mut token = genuine.clone().into_bytes();
        let at = dice.below(token.len());
        let (text, mac) = genuine.rsplit_once('.').expect("it has a MAC");
        let bare = |id: &str| id.split_once('_').expect("an id").1.to_owned();
        let link = |pass: Pass, epoch: i64, end: i64| Link { pass, epoch, expires_at: end / SECOND * SECOND, ..self.link.clone() };
        let now = self.app.clock.now();
        let what = match n / 2 % 27 {
            0..=5 => {
                token[at] ^= 1 << dice.below(8);
                "one bit flipped"
            }
            6 => {
                token[at] = LETTERS[dice.below(LETTERS.len())];
                "one letter exchanged"
            }
            7 => {
                token.remove(at);
                "one letter lost"
            }
            8 => {
                token.insert(at, LETTERS[dice.below(LETTERS.len())]);
                "one letter added"
            }
            9 => {
                token.truncate(at);
                "cut off"
            }
            10 => {
                token[at] = if token[at].is_ascii_lowercase() { token[at].to_ascii_uppercase() } else { token[at].to_ascii_lowercase() };
                "one letter in the other case"
            }
            11 => {
                token = genuine.to_uppercase().into_bytes();
                "all in capitals"
            }
            12 => return ("the page of the other purpose", other.0, token),
            13 => {
                token = genuine.replacen(".p.", ".x.", 1).replacen(".o.", ".p.", 1).replacen(".x.", ".o.", 1).into_bytes();
                return ("the other purpose written in", other.0, token);
            }
            14 => {
                token = genuine.replace(&bare(self.link.subaccount.as_str()), &bare(self.other_tenant.as_str())).into_bytes();
                "another tenant"
            }
            15 => {
                token = genuine.replace(&bare(self.link.contact.as_str()), &bare(self.other_person.as_str())).into_bytes();
                "another person"
            }
            16 => {
                let parts: Vec<&str> = genuine.split('.').collect();
                let end: i64 = parts[1].parse().expect("seconds");
                token = genuine.replacen(parts[1], &(end + 1 + dice.below(1_000_000) as i64).to_string(), 1).into_bytes();
                "a longer life"
            }
            17 => {
                let ended = now - (1 + dice.below(30) as i64) * DAY;
                token = link::token(&self.app.cipher, &link(*purpose, self.link.epoch, ended)).into_bytes();
                "signed by us and ended"
            }
            18 => {
                token = link::token(&self.foreign, &link(*purpose, self.link.epoch, now + DAY)).into_bytes();
                "signed with a key that is not ours any more"
            }
            19 => {
                let mac = other.1.rsplit_once('.').expect("it has a MAC").1;
                token = format!("{text}.{mac}").into_bytes();
                "the MAC of another link"
            }
            20 => {
                token = format!("{text}.{}", &mac[..dice.below(mac.len())]).into_bytes();
                "a shorter MAC"
            }
            21 => {
                token = format!("{genuine}{}", ["=", "==", ".", "A", "AAAA", "%00", "\n", " ", "/", "?", "#", "\u{200b}"][dice.below(12)])
                    .into_bytes();
                "something behind it"
            }
            22 => {
                token = format!("{}{genuine}", [" ", ".", "v1.", "/", "\u{feff}", "0"][dice.below(6)]).into_bytes();
                "something before it"
            }
            23 => {
                token = genuine.replace('.', "%2E").into_bytes();
                "escaped twice"
            }
            24 => {
                token = genuine.replacen('1', "１", 1 + dice.below(3)).into_bytes();
                "digits that look the same"
            }
            25 => {
                token = genuine.replacen("v1", ["v0", "v2", "V1", "v01", ""][dice.below(5)], 1).into_bytes();
                "another version"
            }
            _ => {
                let parts: Vec<&str> = genuine.split('.').collect();
                token = format!("{text}0.{mac}").into_bytes();
                if dice.below(2) == 0 {
                    token = [parts[0], parts[1], parts[2], parts[4], parts[3], parts[5], parts[6]].join(".").into_bytes();
                }
                "another mark, or parts in another order"
            }
        };
        (what, *purpose, token)
    }
}

/// The path of a token, every byte that is no plain letter escaped, so that exactly these bytes arrive.
fn path_of(purpose: Pass, token: &[u8]) -> String {
    let door = if purpose == Pass::Link { "p" } else { "o" };
    let escaped: String = token
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() || b"._-".contains(b) { char::from(*b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("/{door}/{escaped}")
}

async fn none_of_the_altered_links_opens_or_changes_anything(app: TestApp) {
    let scene = Scene::set(&app).await;
    let (count, mut dice) = (size("PEYK_ALTERED_LINKS", 1_000), Dice(0x9E37_79B9_7F4A_7C15));
    let every = count.div_ceil(BY_HTTP);
    let (mut read, mut asked, mut refused) = (0, 0, std::collections::BTreeMap::<&str, usize>::new());
    let before = digest(&app).await;
    let mut phone = Browser::new(&app);
    for n in 0..count {
        let (what, purpose, token) = scene.altered(n, &mut dice);
        if (purpose, token.as_slice()) == (scene.genuine[0].0, scene.genuine[0].1.as_bytes())
            || (purpose, token.as_slice()) == (scene.genuine[1].0, scene.genuine[1].1.as_bytes())
        {
            continue;
        }
        if let Ok(text) = std::str::from_utf8(&token) {
            let open = if purpose == Pass::OptIn { link::open_opt_in } else { link::open };
            let opened = open(&app.cipher, text, app.clock.now());
            let expected = if what == "signed by us and ended" { LinkError::Expired } else { LinkError::Faulty };
            assert_eq!(opened, Err(expected), "{what}: {text}");
            read += 1;
        }
        *refused.entry(what).or_default() += 1;
        if n % every != 0 {
            continue;
        }
        // The two pages that a link to the preferences opens take turns.
        let path = path_of(purpose, &token);
        let path = path.strip_prefix("/p/").filter(|_| n % 8 < 4).map_or(path.clone(), |token| format!("/u/{token}"));
        if path.parse::<Uri>().is_ok() {
            let seen = phone.get(&path).await.status;
            let form = [("seen", "0"), ("do", "stop"), ("marketing", "on"), ("pause", "0")];
            let done = phone.post(&path, &form).await.status;
            for status in [seen, done] {
                let is_refused = [StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::BAD_REQUEST, StatusCode::METHOD_NOT_ALLOWED];
                assert!(is_refused.contains(&status), "{what}: {status} {path}");
            }
            asked += 2;
        }
        if asked % BETWEEN_LOOKS < 2 {
            assert_eq!(changed(&before, &digest(&app).await), Vec::<String>::new(), "{what}");
        }
    }
    assert_eq!(changed(&before, &digest(&app).await), Vec::<String>::new());
    eprintln!("{read} altered links read and {asked} requests made: none accepted. {refused:?}");
    assert!(refused.len() >= 20 || count < 100, "every way was tried");
    // The genuine ones do open: what was refused was refused for its alteration.
    for (purpose, token) in &scene.genuine {
        assert_eq!(phone.get(&path_of(*purpose, token.as_bytes())).await.status, StatusCode::OK);
    }
    assert_eq!(marketing(&app, PERSON).await, "pending");
    phone.submit(&path_of(Pass::OptIn, scene.genuine[1].1.as_bytes()), &[]).await;
    assert_eq!(marketing(&app, PERSON).await, "");
}

/// Addresses that answer whoever is not signed in. A new one is added here with a sample, and so is shown to change nothing when it is
/// opened. `webhooks` are the doors of providers, some of whom report by GET: without their key they are told nothing.
const PUBLIC: [&str; 19] = [
    "/login",
    "/setup",
    "/p",
    "/p/code/{ticket}",
    "/p/erased",
    "/p/{token}",
    "/p/{token}/{deed}",
    "/p/{token}/{deed}/{challenge}",
    "/o/{token}",
    "/u/{token}",
    "/assets/{file}",
    "/healthz",
    "/readyz",
    "/api/openapi.json",
    "/api/docs",
    "/api/docs.css",
    "/api/v1/sms/webhooks/{provider}/{door}",
    "/webhooks/{provider}/{key}/{door}",
    "/do/{*command}",
];

/// Every address that the source names as a route, as it is written there.
fn routes() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    let mut read = |path: &Path, prefix: &str| {
        let source = fs::read_to_string(path).expect("source is readable");
        for mark in [".route(", "path!("] {
            for rest in source.split(mark).skip(1) {
                if let Some(address) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    found.insert(format!("{prefix}{address}"));
                }
            }
        }
    };
    for file in ["web/mod.rs", "web/routes.rs"] {
        read(&root.join(file), "");
    }
    for entry in fs::read_dir(root.join("web/public")).expect("a folder") {
        read(&entry.expect("an entry").path(), "");
    }
    found
}

/// The address with something in the place of each parameter.
fn sample(address: &str) -> String {
    let part = |part: &str| if part.starts_with(['{', ':']) { "sample".to_owned() } else { part.to_owned() };
    address.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn opening_a_public_page_changes_nothing(app: TestApp) {
    let scene = Scene::set(&app).await;
    let mut nobody = Browser::new(&app);
    let mut open = BTreeSet::new();
    for address in routes() {
        let answer = nobody.get(&sample(&address)).await;
        let is_closed = answer.status == StatusCode::SEE_OTHER && answer.location().starts_with("/login");
        if !is_closed {
            open.insert(address);
        }
    }
    let unlisted: Vec<_> = open.iter().filter(|address| !PUBLIC.contains(&address.as_str())).collect();
    assert!(unlisted.is_empty(), "add these to PUBLIC, with a sample if they take one: {unlisted:?}");
    assert!(open.contains("/p/{token}") && open.contains("/o/{token}") && open.contains("/login"), "{open:?}");

    let genuine = scene.genuine.iter().map(|(purpose, token)| path_of(*purpose, token.as_bytes()));
    let mut asked: Vec<String> = PUBLIC.iter().map(|address| sample(address)).chain(genuine).collect();
    asked.push(path_of(Pass::Link, scene.genuine[0].1.as_bytes()).replacen("/p/", "/u/", 1));
    for below in ["data", "erase", "data/chl_0000", "erase/chl_0000"] {
        asked.push(format!("{}/{below}", path_of(Pass::Link, scene.genuine[0].1.as_bytes())));
    }
    let dressed: Vec<String> = asked.iter().map(|path| format!("{path}?do=stop&seen=0&saved=0&confirm=1&lang=fa&marketing=on")).collect();
    asked.extend(dressed);
    let api = peyk::api::router(app.shared().clone());
    let before = digest(&app).await;
    for path in &asked {
        for method in ["GET", "HEAD", "OPTIONS"] {
            let request = || Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
            if path.starts_with("/api") || path.starts_with("/webhooks") {
                let answer = tower::ServiceExt::oneshot(api.clone(), request()).await.expect("the router answers");
                assert!(!answer.status().is_server_error(), "{method} {path}: {}", answer.status());
            } else {
                let answer = Browser::new(&app).send(request()).await;
                assert!(!answer.status.is_server_error() || path == "/readyz", "{method} {path}: {}", answer.status);
            }
            assert_eq!(changed(&before, &digest(&app).await), Vec::<String>::new(), "{method} {path}");
        }
    }
    assert_eq!(marketing(&app, PERSON).await, "pending");
}

async fn links_that_are_taken_back_open_nothing_any_more(app: TestApp) {
    let client = confirming(&app).await;
    let made = client.post("/api/v1/notifications/preference-link", json!({"phone": PERSON})).await.json();
    let path = made["url"].as_str().and_then(|url| url.split_once(":3000")).expect("our address").1.to_owned();
    let mut phone = Browser::new(&app);
    assert_eq!(phone.get(&path).await.status, StatusCode::OK);
    let revoke = async |number: &str| client.post("/api/v1/notifications/preference-link/revoke", json!({"phone": number})).await.status;
    assert_eq!(revoke(OTHER).await, StatusCode::NOT_FOUND);
    assert_eq!(revoke(PERSON).await, StatusCode::NO_CONTENT);
    assert_eq!(phone.get(&path).await.status, StatusCode::GONE);
    let fresh = client.post("/api/v1/notifications/preference-link", json!({"phone": PERSON})).await.json();
    let path = fresh["url"].as_str().and_then(|url| url.split_once(":3000")).expect("our address").1.to_owned();
    assert_eq!(phone.get(&path).await.status, StatusCode::OK, "a new one opens it");
}
