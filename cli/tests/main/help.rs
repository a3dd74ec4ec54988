//! What the binary says of itself.

use std::time::Duration;

use tokio::time::timeout;

use crate::service::command;

async fn output(arguments: &str, environment: &[(&str, String)]) -> (bool, String) {
    let output = command(arguments, environment).kill_on_drop(true).output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn every_command_explains_itself() {
    for name in [
        "ingest",
        "project",
        "serve",
        "migrate",
        "verify",
        "rebuild",
        "explain",
        "as-of",
        "activate",
        "rollback",
        "prune",
        "generations",
        "retain",
        "replay",
        "dev",
        "seed",
    ] {
        let (succeeded, said) = output(&format!("{name} --help"), &[]).await;
        assert!(succeeded && said.contains("Usage: payload-tracker") && said.len() > 400, "{name}: {said}");
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let (_, said) = output("migrate --help", &[("DB_PASSWORD", "hunter2".to_owned())]).await;
    assert!(!said.contains("hunter2"));
    let environment = [
        ("DB_PASSWORD", "hunter2".to_owned()),
        ("DB_PORT", "1".to_owned()),
        ("LOGLEVEL", "trace".to_owned()),
    ];
    let (succeeded, said) = output("migrate", &environment).await;
    assert!(!succeeded && said.contains("can't connect") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn an_invalid_value_stops_the_start_and_names_the_variable() {
    let (succeeded, said) = output("ingest", &[("DB_PORT", "many".to_owned())]).await;
    assert!(!succeeded && said.contains("DB_PORT") && said.contains("many"), "{said}");
}

// Seen to fail with any address taken for one of the web: then it serves.
#[tokio::test]
async fn an_invalid_value_of_the_api_stops_the_start_and_names_the_variable() {
    for (name, value) in [
        ("PUBLICPORT", "99999"),
        ("MAX_PAGE_SIZE", "0"),
        ("MAX_REQUESTS_PER_MINUTE", "0"),
        ("ACCESS_POLICY", "closed"),
        ("REQUESTOR_IMPL", "nobody"),
        ("STORAGEBROKERURL", "ftp://broker"),
        ("STORAGEBROKERREQUESTTIMEOUT", "-1"),
        ("KIBANA_URL", "kibana"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("CORS_ALLOWED_ORIGINS", "https://page.example/path"),
        ("CLIENT_TIMEOUT_MS", "1"),
        ("MAX_CONNECTIONS", "0"),
        ("ANSWER_TIMEOUT_MS", "1"),
    ] {
        let environment = [(name, value.to_owned())];
        let ended = timeout(Duration::from_secs(30), output("serve", &environment)).await;
        let (succeeded, said) = ended.expect("it doesn't start");
        assert!(!succeeded && said.contains(name) && said.contains(value), "{name}: {said}");
    }
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    let environment =
        [("DB_PORT", String::new()), ("DB_HOST", "127.0.0.1".to_owned()), ("LOGLEVEL", String::new())];
    let (_, said) = output("migrate", &environment).await;
    assert!(said.contains("127.0.0.1:5432"), "{said}");
}

#[tokio::test]
async fn the_clowder_file_is_asked_after_the_environment_and_never_shown() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config =
        r#"{"database":{"hostname":"127.0.0.1","port":2,"name":"n","username":"u","password":"hunter2"}}"#;
    std::fs::write(file.path(), config).unwrap();
    let path = file.path().display().to_string();
    let (succeeded, said) = output("migrate", &[("ACG_CONFIG", path.clone())]).await;
    assert!(!succeeded && said.contains("127.0.0.1:2 as u"), "{said}");
    let environment = [("ACG_CONFIG", path.clone()), ("DB_PORT", "1".to_owned()), ("DB_USER", String::new())];
    let (_, said) = output("migrate", &environment).await;
    assert!(said.contains("127.0.0.1:1 as u"), "{said}");
    let (_, said) = output("migrate --help", &[("ACG_CONFIG", path)]).await;
    assert!(said.contains("DB_PASSWORD") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_clowder_file_that_can_not_be_used_stops_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"database": {"hostname": "h", "port": "hunter2"}}"#).unwrap();
    let (_, said) = output("migrate", &[("ACG_CONFIG", file.path().display().to_string())]).await;
    assert!(said.contains("of another type") && !said.contains("hunter2"), "{said}");
    for (path, reason) in [("/there/is/none.json", "can't be read"), ("/dev/null", "isn't a Clowder")] {
        let (succeeded, said) = output("migrate", &[("ACG_CONFIG", path.to_owned())]).await;
        assert!(!succeeded && said.contains("ACG_CONFIG") && said.contains(reason), "{said}");
    }
}
