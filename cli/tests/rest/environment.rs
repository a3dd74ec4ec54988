//! Variables of older deployments: the same names, the same meanings, the same defaults. `docs/configuration.md` has the words.

use testkit::TestDatabase;

use crate::served::Served;
use crate::service::command;

/// Sentences of `docs/configuration.md` that hold here.
pub(crate) const SENTENCES: [&str; 5] = [
    "`ENVIRONMENT` says nothing here: both prefixes are always served.",
    "What else older deployments set is accepted without effect:",
    "A topic that was never read is read from its start, whatever `KAFKA_AUTO_OFFSET_RESET` says.",
    "`LOGLEVEL` (or `LOG_LEVEL`): error, warn, info, debug or trace; anything else means info, with a warning.",
    "Variables that older deployments set keep their names, meanings and defaults.",
];

/// By command: a variable, and its default if it has one that is no secret.
const DEFAULTS: [(&str, &[(&str, &str)]); 3] = [
    (
        "serve",
        &[
            ("PUBLICPORT", "8080"),
            ("METRICSPORT", "8081"),
            ("MAX_REQUESTS_PER_MINUTE", "3000"),
            ("REQUESTOR_IMPL", "storage-broker"),
            ("STORAGEBROKERURL", "http://storage-broker-processor:8000/archive/url"),
            ("STORAGEBROKERURLROLE", "platform-archive-download"),
            ("STORAGEBROKERREQUESTTIMEOUT", "35000"),
            ("KIBANA_URL", ""),
            ("KIBANA_INDEX", "43c5fed0-d5ce-11ea-b58c-a7c95afd7a5d"),
            ("KIBANA_SERVICE_FIELD", "app"),
            ("HOSTNAME", "localhost"),
            ("DB_HOST", ""),
            ("DB_PORT", "5432"),
            ("DB_NAME", "crc"),
            ("DB_USER", "crc"),
            ("DB_PASSWORD", ""),
            ("LOGLEVEL", ""),
        ],
    ),
    (
        "ingest",
        &[
            ("KAFKA_BOOTSTRAP_SERVERS", "localhost:29092"),
            ("KAFKA_GROUP_ID", "payload_tracker"),
            ("TOPIC_PAYLOAD_STATUS", "platform.payload-status"),
        ],
    ),
    ("project", &[("VALIDATE_REQUEST_ID_LENGTH", "32")]),
];

/// Read by older builds without effect, and set by their deployments.
const IGNORED: [(&str, &str); 12] = [
    ("ENVIRONMENT", "DEV"),
    ("DB_RETRIES", "3"),
    ("KAFKA_TIMEOUT", "10000"),
    ("KAFKA_REQUEST_REQUIRED_ACKS", "-1"),
    ("KAFKA_MESSAGE_SEND_MAX_RETRIES", "15"),
    ("KAFKA_RETRY_BACKOFF_MS", "100"),
    ("KAFKA_AUTO_COMMIT_INTERVAL_MS", "5000"),
    ("CONSUMER_PAYLOAD_FIELDS_REPO_IMPL", "db_with_cache"),
    ("DEBUG_LOG_STATUS_JSON", "true"),
    ("CW_AWS_ACCESS_KEY_ID", "x"),
    ("CWREGION", "us-east-1"),
    ("LOGGROUP", "platform-dev"),
];

async fn said(arguments: &str, environment: &[(&str, String)]) -> String {
    let output = command(arguments, environment).kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

// Seen to fail with another default.
#[tokio::test]
async fn variables_have_their_names_and_defaults() {
    for (command, variables) in DEFAULTS {
        let help = said(&format!("{command} --help"), &[]).await;
        for (name, default) in variables {
            let default_of_it = format!("[default: {default}]");
            let found = help.split(&format!("[env: {name}")).collect::<Vec<_>>().windows(2).any(|around| {
                let (value, after) = around[1].split_once(']').unwrap_or_default();
                let is_whole = value.is_empty() || value.starts_with('=');
                let beside = [
                    around[0].trim_end().ends_with(&default_of_it),
                    after.trim_start().starts_with(&default_of_it),
                ];
                is_whole && (default.is_empty() || beside.contains(&true))
            });
            assert!(found, "{command}: {name} is {default}\n{help}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_older_deployments_set_keeps_nobody_from_serving() {
    let served = Served::start(&IGNORED).await;
    for prefix in crate::served::PREFIXES {
        assert_eq!(served.get(&format!("{prefix}/payloads")).await.status, 200);
    }
}

#[tokio::test]
async fn a_level_that_is_none_means_info_and_is_warned_of() {
    let database = TestDatabase::create().await.unwrap();
    let environment = |more: [(&'static str, &str); 2]| {
        let more = more.map(|(name, level)| (name, level.to_owned()));
        [crate::service::database_environment(&database), more.to_vec()].concat()
    };
    for more in [[("LOGLEVEL", "loud"), ("LOG_LEVEL", "")], [("LOGLEVEL", ""), ("LOG_LEVEL", "loud")]] {
        let said = said("migrate", &environment(more)).await;
        assert!(
            said.contains("unknown log level, using info") && said.contains("\"LOGLEVEL\":\"loud\""),
            "{said}"
        );
        assert!(said.contains("\"level\":\"WARN\"") && said.contains("\"level\":\"INFO\""), "{said}");
    }
}
