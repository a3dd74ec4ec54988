//! What can't be decoded: quarantined with its reason, and no harm to its neighbours.

use projector::{Shape, find_or_create};
use schema::Reason;
use testkit::MessageBuilder;

use crate::fixture::{Fixture, ID, SHAPE};

fn message() -> MessageBuilder {
    MessageBuilder::new(ID)
}

/// One value for each reason.
fn poison(reason: Reason) -> Option<Vec<u8>> {
    let text = |text: String| Some(text.into_bytes());
    match reason {
        Reason::EmptyValue => None,
        Reason::NotJson => text("{\"service\":".to_owned()),
        Reason::TrailingBytes => text(format!("{} ,", String::from_utf8(message().build()).unwrap())),
        Reason::NotAnObject => text("[1]".to_owned()),
        Reason::TooDeep => text(format!("{{\"a\":{}{}}}", "[".repeat(70), "]".repeat(70))),
        Reason::ServiceMissing => Some(message().with("service", " ").build()),
        Reason::RequestIdMissing => Some(message().with("request_id", serde_json::Value::Null).build()),
        Reason::StatusMissing => Some(message().with("status", "").build()),
        Reason::RequestIdForm => Some(message().with("request_id", "third-party").build()),
        Reason::DateMissing => Some(message().with("date", serde_json::Value::Null).build()),
        Reason::DateUnparseable => Some(message().with("date", "soon").build()),
        Reason::DateOutOfRange => Some(message().with("date", "9999-12-31T23:59:59-05:00").build()),
    }
}

#[tokio::test]
async fn each_reason_is_told_and_the_neighbours_are_unaffected() {
    let fixture = Fixture::create(1).await;
    let values = Reason::ALL.into_iter().flat_map(|reason| [poison(reason), Some(message().build())]);
    fixture.append(0, &values.collect::<Vec<_>>()).await;
    fixture.project(7).await;
    let told =
        fixture.client.query("select reason from quarantine order by record_offset", &[]).await.unwrap();
    let told: Vec<String> = told.iter().map(|row| row.get(0)).collect();
    assert_eq!(told, Reason::ALL.map(Reason::as_str));
    assert_eq!(fixture.count("statuses").await, 12);
}

#[tokio::test]
async fn a_quarantined_message_says_whose_it_was() {
    let fixture = Fixture::create(1).await;
    fixture.append(0, &[poison(Reason::DateUnparseable)]).await;
    fixture.project(7).await;
    let rows = fixture.rows("select request_id, service, detail from quarantine").await;
    assert_eq!(rows, [format!("({ID},ingress,\"date is no date: soon\")")]);
}

#[tokio::test]
async fn texts_that_postgresql_can_t_hold_don_t_stop_the_projection() {
    let fixture = Fixture::create(1).await;
    let nul =
        "{\"service\":\"a\\u0000\",\"status\":\"\\ud800\",\"request_id\":\"x\\u0000\",\"date\":\"\\u0000\"}";
    fixture.append(0, &[Some(nul.as_bytes().to_vec()), Some(vec![0]), Some(vec![0xff; 40])]).await;
    let valid = message().with("status_msg", "a\0b").with("inventory_id", "x".repeat(100_000)).build();
    fixture.append(0, &[Some(valid)]).await;
    fixture.project(7).await;
    assert_eq!((fixture.count("quarantine").await, fixture.count("statuses").await), (3, 1));
}

#[tokio::test]
async fn ids_of_any_form_are_accepted_where_the_generation_says_so() {
    let fixture = Fixture::create(1).await;
    fixture.client.batch_execute("update generations set request_id_length = 0").await.unwrap();
    let generation = find_or_create(&fixture.pool, Shape { request_id_length: 0, ..SHAPE }).await.unwrap();
    let fixture = Fixture { generation, ..fixture };
    fixture.append(0, &[poison(Reason::RequestIdForm)]).await;
    fixture.project(7).await;
    assert_eq!(fixture.rows("select request_id from payloads").await, ["(third-party)"]);
}
