use super::*;
use crate::access::quiet_hours::TimeOfDay;

fn changed(patch: Value) -> Result<Settings> {
    SettingsPatch::read(&patch)?.applied_to(&Settings::default())
}

fn refused(patch: Value) -> Vec<String> {
    match changed(patch) {
        Err(Error::Invalid(errors)) => errors.0.into_iter().map(|e| e.field).collect(),
        other => panic!("expected refused fields, got {other:?}"),
    }
}

#[test]
fn settings_survive_being_stored() {
    let settings = changed(json!({
        "organisation": " Lark & Sons ", "default_country": "ir", "countries": ["TW", "ir", "IR"], "time_zone": "Asia/Tehran",
        "language": "fa", "currency": "eur", "require_opt_in": true, "template_approval": true, "test_mode": true, "budget": "1250.5",
        "limits": {"per_day": 5000},
        "quiet_hours": {"from": "22:00", "to": "07:30", "categories": ["marketing", "reminder"]},
    }))
    .expect("valid");
    assert_eq!(settings.organisation, "Lark & Sons");
    assert_eq!(settings.countries.iter().map(Country::as_str).collect::<Vec<_>>(), ["IR", "TW"]);
    assert_eq!(settings.time_zone, Tz::Asia__Tehran);
    assert_eq!((settings.budget, settings.limits.per_day), (Some(1_250_500_000), Some(5_000)));
    assert_eq!(settings.quiet_hours.as_ref().map(|q| q.to), TimeOfDay::parse("07:30"));
    assert_eq!(Settings::from_stored(&settings.to_json().to_string()).expect("readable"), settings);
    assert_eq!(Settings::from_stored("{}").expect("defaults"), Settings::default());
}

#[test]
fn the_json_has_the_promised_fields_and_no_others() {
    let shown = Settings::default().to_json();
    let mut fields: Vec<_> = shown.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut promised = NAMES;
    fields.sort_unstable();
    promised.sort_unstable();
    assert_eq!(fields, promised);
    assert_eq!(shown["quiet_hours"], json!({"from": "21:00", "to": "08:00", "categories": ["marketing"]}));
    assert_eq!(shown["budget"], Value::Null);
}

#[test]
fn a_change_of_one_part_leaves_the_others() {
    let settings = changed(json!({"budget": {"amount": "3", "currency": "USD"}, "quiet_hours": null})).expect("valid");
    assert_eq!(settings, Settings { budget: Some(3_000_000), quiet_hours: None, ..Settings::default() });
    let lifted = SettingsPatch::read(&json!({"budget": null})).expect("valid").applied_to(&settings).expect("valid");
    assert_eq!(lifted.budget, None);
    assert_eq!(changed(json!({"budget": 12.5})).expect("a number will do").budget, Some(12_500_000));
    assert_eq!(changed(json!({"countries": "us, ca"})).expect("a text will do").countries.len(), 2);
}

#[test]
fn every_faulty_field_is_named() {
    let faulty = json!({
        "organisation": "", "default_country": "XX", "countries": ["US", "Mars"], "time_zone": "Moon/Base", "language": "!",
        "currency": "dollars", "require_opt_in": "yes", "template_approval": 1, "test_mode": 1, "quiet_hours": {"from": "25:00", "to": "08:00"},
        "budget": "-1", "limits": {"per_second": 0}, "keywords": [], "retention": [], "double_opt_in": [],
        "stop_scope": "galaxy", "colour": "red",
    });
    let mut fields = refused(faulty);
    fields.sort_unstable();
    let mut expected: Vec<&str> = NAMES.into_iter().chain(["colour"]).collect();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(refused(json!({"quiet_hours": {"from": "08:00", "to": "08:00"}})), ["quiet_hours"]);
    assert_eq!(refused(json!({"quiet_hours": {"from": "21:00", "to": "08:00", "zone": "x"}})), ["quiet_hours"]);
    assert_eq!(refused(json!({"budget": {"amount": "5", "currency": "EUR"}})), ["budget"]);
    assert!(SettingsPatch::read(&json!([])).is_err());
}
