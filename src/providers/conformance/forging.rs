//! Ten thousand calls that somebody altered or made up, by a fixed seed.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::header::HeaderValue;

use super::{Bench, NOW, Signing, Spoken, WEBHOOKS};
use crate::providers::CallError;

const CALLS: u32 = 10_000;

/// One alteration of one part of a call.
#[derive(Clone, Debug)]
struct Alteration {
    part: Part,
    deed: Deed,
    at: Index,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Body,
    Signature,
    Query,
}

#[derive(Clone, Debug)]
enum Deed {
    Flip(u8),
    Insert(u8),
    Remove,
    Cut,
    Double,
    Append(Vec<u8>),
    Swap(Index),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (1..=255u8).prop_map(Deed::Flip),
        2 => any::<u8>().prop_map(Deed::Insert),
        2 => Just(Deed::Remove),
        1 => Just(Deed::Cut),
        1 => Just(Deed::Double),
        2 => prop_oneof![Just(b"&".to_vec()), Just(b"&Body=STOP".to_vec()), Just(b"=".to_vec()), prop::collection::vec(any::<u8>(), 1..40)]
            .prop_map(Deed::Append),
        1 => any::<Index>().prop_map(Deed::Swap),
    ]
}

fn alteration() -> impl Strategy<Value = Alteration> {
    let part = prop_oneof![3 => Just(Part::Body), 1 => Just(Part::Signature), 1 => Just(Part::Query)];
    (part, deed(), any::<Index>()).prop_map(|(part, deed, at)| Alteration { part, deed, at })
}

fn alter(bytes: &mut Vec<u8>, deed: &Deed, at: Index) {
    let place = |bytes: &Vec<u8>, index: Index| index.index(bytes.len().max(1)).min(bytes.len());
    let at = place(bytes, at);
    match deed {
        Deed::Append(more) => bytes.extend(more),
        Deed::Insert(byte) => bytes.insert(at, *byte),
        Deed::Cut => bytes.truncate(at),
        Deed::Double => bytes.extend_from_within(at..),
        _ if bytes.is_empty() => {}
        Deed::Flip(mask) => bytes[at] ^= mask,
        Deed::Remove => {
            bytes.remove(at);
        }
        Deed::Swap(other) => {
            let other = place(bytes, *other);
            bytes.swap(at, other);
        }
    }
}

fn apply(call: &mut Spoken, signing: &Signing, Alteration { part, deed, at }: &Alteration) {
    match part {
        Part::Body => alter(&mut call.body, deed, *at),
        Part::Signature => {
            let mut value = call.headers.get(signing.header).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
            alter(&mut value, deed, *at);
            // What no header can hold never comes.
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                call.headers.insert(signing.header, value);
            }
        }
        Part::Query if signing.covers_url => {
            let mut rest = call.url.split_off(WEBHOOKS.len()).into_bytes();
            alter(&mut rest, deed, *at);
            call.url += &String::from_utf8_lossy(&rest);
        }
        Part::Query => {}
    }
}

pub fn check(bench: &Bench) {
    let hearing = bench.subject.hearing.as_ref();
    let Some((hearing, signing)) = hearing.and_then(|hearing| Some((hearing, hearing.signing.as_ref()?))) else {
        return;
    };
    let client = bench.idle();
    let genuine: Vec<_> = bench.genuine(hearing).into_iter().map(|call| (client.hear(&call.call(NOW)), call)).collect();
    let altered = (any::<Index>(), prop::option::weighted(0.1, "[a-zA-Z0-9]{0,40}"), prop::collection::vec(alteration(), 1..4));
    let config = Config { cases: CALLS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&altered, |(which, other_secret, alterations)| {
        let (heard, original) = which.get(&genuine);
        let mut call = original.clone();
        for alteration in &alterations {
            apply(&mut call, signing, alteration);
        }
        // Whoever does not hold the secret can sign what he likes with another.
        if let Some(secret) = other_secret.filter(|secret| secret != signing.secret) {
            (signing.sign)(&mut call, &secret);
        }
        let told = client.hear(&call.call(NOW));
        // Alterations can undo each other, or spell the same call otherwise.
        prop_assert!(told == Err(CallError::Forged) || told == *heard, "{} believed {:?}: {:?}", bench.name, call, told);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{}: ten thousand altered calls: {error}", bench.name));
}
