//! One case a line of the message contract, and properties for all the rest.

use chrono::SecondsFormat;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const RULE: RequestIdRule = RequestIdRule::Length(32);

fn valid() -> Value {
    json!({"service": "puptoo", "request_id": ID, "status": "received", "date": "2026-08-22T04:17:03Z"})
}

fn with(field: &str, value: Value) -> Value {
    let mut message = valid();
    message[field] = value;
    message
}

fn decoded(message: &Value) -> Message {
    accepted(message.to_string().as_bytes())
}

fn accepted(bytes: &[u8]) -> Message {
    decode(Some(bytes), RULE).unwrap_or_else(|rejection| panic!("{rejection:?}"))
}

fn rejected(bytes: &[u8]) -> Reason {
    decode(Some(bytes), RULE).expect_err("must be rejected").reason
}

fn date(text: &str) -> String {
    decoded(&with("date", json!(text))).date.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[test]
fn every_form_of_a_date_is_read_as_the_same_moment() {
    let forms = [
        "2026-08-22T04:17:03.219543817Z",
        "2026-08-22T04:17:03.219543",
        "2026-08-22 04:17:03.219543",
        "2026-08-22T04:17:03.219543+00:00",
        "2026-08-22T04:17:03.219543+0000",
        "2026-08-21T23:17:03.219543-05:00",
        "2026-08-22t04:17:03.219543z",
        "2026-08-22 04:17:03.219543 UTC",
        "2026-08-22 04:17:03.219543 +0000 UTC",
        "  2026-08-22T04:17:03.219543Z\t",
        "2026-08-22 04:17:03.219543+00:00",
    ];
    for form in forms {
        assert_eq!(date(form), "2026-08-22T04:17:03.219543Z", "{form}");
    }
    assert_eq!(date("2026-08-22T04:17:03Z"), "2026-08-22T04:17:03.000000Z");
    assert_eq!(date("2026-08-22T04:17:03.5"), "2026-08-22T04:17:03.500000Z");
    assert_eq!(date("2016-12-31T23:59:60.25Z"), "2017-01-01T00:00:00.250000Z");
    assert_eq!(date("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z");
    assert_eq!(date("9999-12-31T23:59:59.999999"), "9999-12-31T23:59:59.999999Z");
}

#[test]
fn what_is_no_date_is_quarantined_with_the_reason() {
    let reason = |value| rejected(with("date", value).to_string().as_bytes());
    let unparseable = [
        json!(""),
        json!("yesterday"),
        json!(1_692_677_823),
        json!("2026-08-22"),
        json!("2026-02-30T00:00:00Z"),
        json!("2026-08-22T24:00:00Z"),
        json!("2026-08-22T04:17Z"),
        json!("2026-08-22T04:17:03.Z"),
        json!("2026-08-22T04:17:03X"),
        json!("2026-08-22T04:17:03+24:00"),
        json!("2026-08-22T04:17:03+0é:00"),
        json!("10000-01-01T00:00:00Z"),
        json!("20260822T041703Z"),
        json!(["2026-08-22T04:17:03Z"]),
    ];
    for value in unparseable {
        assert_eq!(reason(value.clone()), Reason::DateUnparseable, "{value}");
    }
    for value in [
        json!("0000-06-01T00:00:00Z"),
        json!("9999-12-31T23:59:59-01:00"),
        json!("0001-01-01T00:00:00+01:00"),
    ] {
        assert_eq!(reason(value.clone()), Reason::DateOutOfRange, "{value}");
    }
    assert_eq!(reason(Value::Null), Reason::DateMissing);
}

#[test]
fn a_number_or_a_boolean_is_its_json_text() {
    let bytes = format!(
        r#"{{"service":"x","request_id":"{ID}","status":"s","date":"2026-08-22T04:17:03Z","org_id":1.50,"account":0123456e2,"inventory_id":true}}"#
    );
    // A leading zero is no JSON number: the record is refused rather than guessed at.
    assert_eq!(rejected(bytes.as_bytes()), Reason::NotJson);
    let message = accepted(bytes.replace("0123456e2", "123456e2").as_bytes());
    assert_eq!(message.org_id.as_deref(), Some("1.50"));
    assert_eq!(message.account.as_deref(), Some("123456e2"));
    assert_eq!(message.inventory_id.as_deref(), Some("true"));
    assert_eq!(decoded(&with("status_msg", json!({"a": [1]}))).status_msg.as_deref(), Some(r#"{"a":[1]}"#));
    assert_eq!(decoded(&with("status", json!(200))).status, "200");
}

#[test]
fn null_or_empty_is_absent() {
    for value in [json!(null), json!("")] {
        for field in ["source", "account", "org_id", "inventory_id", "system_id", "status_msg"] {
            assert_eq!(decoded(&with(field, value.clone())), decoded(&valid()), "{field}");
        }
    }
    assert_eq!(decoded(&with("source", json!("  "))).source, None);
}

#[test]
fn labels_are_trimmed_and_in_lower_case() {
    let message = json!({"service": " PupToo ", "source": "Inventory\n", "status": "SUCCESS",
        "request_id": ID, "date": "2026-08-22T04:17:03Z", "status_msg": " As It Is "});
    let message = decoded(&message);
    assert_eq!((message.service.as_str(), message.status.as_str()), ("puptoo", "success"));
    assert_eq!(message.source.as_deref(), Some("inventory"));
    assert_eq!(message.status_msg.as_deref(), Some(" As It Is "));
}

#[test]
fn a_request_id_has_one_canonical_form() {
    let id = |text: &str| decoded(&with("request_id", json!(text)));
    for text in [ID, "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"] {
        assert_eq!(id(text).request_id.as_str(), ID);
    }
    let chained = id(&format!("{ID}:{}:{}", "f".repeat(32), "e".repeat(32)));
    assert_eq!(chained.request_id.as_str(), ID);
    assert_eq!(chained.part, Some(format!("{}:{}", "f".repeat(32), "e".repeat(32))));
}

#[test]
fn a_request_id_of_another_form_is_accepted_by_the_rule_of_its_length() {
    let decode_with = |rule, id: Value| decode(Some(with("request_id", id).to_string().as_bytes()), rule);
    for id in
        [json!("third-party"), json!("-1"), json!(-1), json!("host/rand-000001"), json!(format!("{ID}:x"))]
    {
        let rejection = decode_with(RULE, id.clone()).expect_err("of the wrong length");
        assert_eq!(rejection.reason, Reason::RequestIdForm, "{id}");
        assert!(decode_with(RequestIdRule::Any, id).is_ok());
    }
    let verbatim = "Third-Party-0000-0000-0000-00001";
    assert_eq!(decode_with(RULE, json!(verbatim)).expect("32 bytes long").request_id.as_str(), verbatim);
    // It would not fit in an index.
    assert!(decode_with(RequestIdRule::Any, json!("x".repeat(3_000))).is_err());
}

#[test]
fn a_required_field_that_is_missing_null_blank_or_no_scalar_is_quarantined() {
    let fields = [
        ("service", Reason::ServiceMissing),
        ("request_id", Reason::RequestIdMissing),
        ("status", Reason::StatusMissing),
    ];
    for (field, reason) in fields {
        let mut without = valid();
        without.as_object_mut().expect("an object").remove(field);
        assert_eq!(rejected(without.to_string().as_bytes()), reason, "without {field}");
        for value in [json!(null), json!(""), json!(" \t"), json!([]), json!({"a": 1})] {
            assert_eq!(
                rejected(with(field, value.clone()).to_string().as_bytes()),
                reason,
                "{field}: {value}"
            );
        }
    }
}

#[test]
fn what_no_text_of_postgresql_can_hold_becomes_a_replacement_character() {
    let with_msg = |json: &str| {
        let bytes = format!(
            r#"{{"service":"x","request_id":"{ID}","status":"s","date":"2026-08-22T04:17:03Z","status_msg":"{json}"}}"#
        );
        accepted(bytes.as_bytes()).status_msg.expect("a text")
    };
    assert_eq!(with_msg(r"a\u0000b"), "a\u{fffd}b");
    assert_eq!(with_msg(r"a\ud800b\udfff"), "a\u{fffd}b\u{fffd}");
    assert_eq!(with_msg(r"\ud83d\ude00 \u00e9\n\ud7ff"), "😀 é\n\u{d7ff}");
    let mut bytes = valid().to_string().replace("received", "re#ceived").into_bytes();
    let hash = bytes.iter().position(|byte| *byte == b'#').expect("it is there");
    bytes[hash] = 0xff;
    assert_eq!(accepted(&bytes).status, "re\u{fffd}ceived");
}

#[test]
fn of_a_field_given_twice_the_last_counts_and_the_exact_name_before_all() {
    let base = format!(r#""request_id":"{ID}","status":"s","date":"2026-08-22T04:17:03Z""#);
    let service = |fields: &str| accepted(format!("{{{fields},{base}}}").as_bytes()).service;
    assert_eq!(service(r#""service":"one","service":"two""#), "two");
    assert_eq!(service(r#""Service":"one","SERVICE":"two""#), "two");
    assert_eq!(service(r#""service":"exact","Service":"other""#), "exact");
    assert_eq!(service(r#""SERVICE":"other","s\u0065rvice":"exact""#), "exact");
}

#[test]
fn what_is_no_object_is_quarantined_with_the_reason() {
    let message = valid().to_string();
    let deep = |depth: usize| {
        let array = format!("{}{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        with("extra", serde_json::from_str(&array).expect("JSON")).to_string()
    };
    let cases = [
        (String::new(), Reason::EmptyValue),
        ("  ".to_owned(), Reason::NotJson),
        ("nonsense".to_owned(), Reason::NotJson),
        (message[..message.len() - 1].to_owned(), Reason::NotJson),
        ("[1, 2".to_owned(), Reason::NotJson),
        ("[1, 2]".to_owned(), Reason::NotAnObject),
        ("null".to_owned(), Reason::NotAnObject),
        ("\"text\"".to_owned(), Reason::NotAnObject),
        (format!("{message}x"), Reason::TrailingBytes),
        (format!("{message}{message}"), Reason::TrailingBytes),
        (deep(65), Reason::TooDeep),
    ];
    for (text, reason) in cases {
        assert_eq!(rejected(text.as_bytes()), reason, "{text}");
    }
    accepted(deep(64).as_bytes());
    accepted(with("extra", json!("[".repeat(200))).to_string().as_bytes());
    accepted(format!(" \r\n{message}\n").as_bytes());
    assert_eq!(decode(None, RULE).expect_err("a tombstone").reason, Reason::EmptyValue);
}

#[test]
fn nesting_of_any_depth_is_refused_without_using_up_the_stack() {
    let depth = 400_000;
    let text = format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(rejected(text.as_bytes()), Reason::TooDeep);
    assert_eq!(rejected("[".repeat(depth).as_bytes()), Reason::NotJson);
}

#[test]
fn a_rejection_says_whose_message_it_was_where_that_is_clear() {
    let rejection =
        decode(Some(with("date", json!("never")).to_string().as_bytes()), RULE).expect_err("no date");
    assert_eq!(rejection.service.as_deref(), Some("puptoo"));
    assert_eq!(rejection.request_id, Some(RequestId::lookup(ID)));
    assert!(rejection.detail.contains("never"));
}

#[test]
fn a_long_value_is_quoted_in_part_only() {
    let long = "é".repeat(5_000);
    let rejection =
        decode(Some(with("date", json!(long)).to_string().as_bytes()), RULE).expect_err("no date");
    assert!(rejection.detail.len() < 300, "{}", rejection.detail.len());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(Some(&bytes), RULE);
    }

    #[test]
    fn no_mutilated_message_makes_it_panic(at in 0_usize..100, with in any::<[u8; 3]>()) {
        let mut bytes = valid().to_string().into_bytes();
        let end = (at + 3).min(bytes.len());
        bytes.splice(at.min(end)..end, with);
        let _ = decode(Some(&bytes), RequestIdRule::Any);
    }

    #[test]
    fn what_is_decoded_fits_in_a_text_of_postgresql(text in any::<String>()) {
        let message = decoded(&with("status_msg", json!(text)));
        prop_assert!(!message.status_msg.unwrap_or_default().contains('\0'));
    }

    #[test]
    fn texts_come_out_as_they_went_in(text in "[^\0]+") {
        prop_assert_eq!(decoded(&with("org_id", json!(text.clone()))).org_id, Some(text));
    }

    #[test]
    fn dates_come_out_as_they_went_in(micros in -62_135_596_800_000_000_i64..=253_402_300_799_999_999) {
        let moment = DateTime::from_timestamp_micros(micros).expect("in range");
        prop_assert_eq!(decoded(&with("date", json!(moment.to_rfc3339()))).date, moment);
        let naive = moment.naive_utc().format("%Y-%m-%d %H:%M:%S%.f").to_string();
        prop_assert_eq!(decoded(&with("date", json!(naive))).date, moment);
    }
}
