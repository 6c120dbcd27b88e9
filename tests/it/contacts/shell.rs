//! `peyk import contacts` and `peyk export contacts`, as somebody at the shell runs them.

use std::path::Path;
use std::process::{Command, Output};

fn peyk(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peyk"));
    let database = format!("sqlite:{}", folder.join("peyk.db").display());
    command.args(arguments).env_clear().env("PEYK_DATABASE_URL", database).env("PEYK_DATA", folder).env("PEYK_LOG", "warn");
    command.output().expect("peyk was built with the tests")
}

#[test]
fn contacts_go_in_and_out_from_the_shell() {
    let folder = tempfile::tempdir().expect("the temporary folder can be written to");
    let file = folder.path().join("people.csv");
    std::fs::write(&file, "phone,name,city\n+12122001000,Sara,Yazd\n12,Short,\n").expect("the folder can be written to");
    let file = file.display().to_string();
    let imported = peyk(folder.path(), &["import", "contacts", &file]);
    let said = String::from_utf8_lossy(&imported.stdout).into_owned();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    assert!(said.starts_with("rows 2  created 1  updated 0  rejected 1\nrow 3, phone: "), "{said}");
    let elsewhere = peyk(folder.path(), &["import", "contacts", &file, "--subaccount", "other"]);
    assert!(String::from_utf8_lossy(&elsewhere.stdout).contains("created 1"), "each subaccount has its own");
    let exported = peyk(folder.path(), &["export", "contacts", "--format", "json"]);
    let contacts: serde_json::Value = serde_json::from_slice(&exported.stdout).expect("JSON on stdout and nothing else");
    assert_eq!(contacts.as_array().map(Vec::len), Some(1));
    assert_eq!((&contacts[0]["name"], &contacts[0]["attributes"]["city"]), (&"Sara".into(), &"Yazd".into()));
    std::fs::write(folder.path().join("bad.csv"), "phone\n12\n").expect("the folder can be written to");
    let bad = peyk(folder.path(), &["import", "contacts", &folder.path().join("bad.csv").display().to_string()]);
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(peyk(folder.path(), &["import", "contacts", "/nowhere.csv"]).status.code(), Some(1));
}
