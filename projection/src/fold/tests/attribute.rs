//! Who wins an attribute, and what becomes of what lost.

use schema::Attribute;

use super::*;

fn claiming(org_id: &str, status: Status) -> Status {
    Status { org_id: Some(org_id.to_owned()), ..status }
}

fn lost(statuses: &[Status]) -> Vec<(Attribute, String, Claim)> {
    let lost = viewed(statuses).conflicts.lost;
    lost.into_iter().map(|((attribute, value), claim)| (attribute, value, claim)).collect()
}

#[test]
fn it_is_won_by_the_latest_claim_and_never_by_silence() {
    let payload = folded(&[claiming("new", status(1, 20)), claiming("old", status(2, 10)), status(3, 30)]);
    assert_eq!(payload.org_id.as_deref(), Some("new"));
    assert_eq!(payload.claims.org_id, Some(claim(1, 20)));
}

#[test]
fn a_tie_of_dates_is_won_by_the_later_position() {
    let other_stream = Position { stream: StreamId(2), offset: 0 };
    let statuses = [
        claiming("later stream", Status { position: other_stream, ..status(0, 10) }),
        claiming("later offset", status(8, 10)),
        claiming("first", status(7, 10)),
    ];
    assert_eq!(folded(&statuses).org_id.as_deref(), Some("later stream"));
    assert_eq!(folded(&statuses[1..]).org_id.as_deref(), Some("later offset"));
}

#[test]
fn a_claim_of_the_same_value_is_no_conflict_and_the_latest_of_them_counts() {
    let payload =
        folded(&[claiming("a", status(1, 10)), claiming("a", status(2, 30)), claiming("a", status(3, 20))]);
    assert_eq!((payload.has_conflicts, payload.claims.org_id), (false, Some(claim(2, 30))));
}

#[test]
fn each_value_that_lost_is_kept_once_with_its_latest_claim() {
    let statuses = [
        claiming("won", status(1, 40)),
        claiming("lost", status(2, 30)),
        claiming("lost", status(3, 10)),
        claiming("early", status(4, 5)),
    ];
    let expected = vec![
        (Attribute::OrgId, "early".to_owned(), claim(4, 5)),
        (Attribute::OrgId, "lost".to_owned(), claim(2, 30)),
    ];
    assert_eq!(lost(&statuses), expected);
    assert!(folded(&statuses).has_conflicts);
}

#[test]
fn a_value_that_lost_and_then_wins_has_not_lost() {
    let statuses = [claiming("a", status(1, 10)), claiming("b", status(2, 20)), claiming("a", status(3, 30))];
    let view = viewed(&statuses);
    assert_eq!(lost(&statuses), [(Attribute::OrgId, "b".to_owned(), claim(2, 20))]);
    assert!(
        view.conflicts.promoted.contains(&(Attribute::OrgId, "a".to_owned())),
        "the tables may have it as lost"
    );
}

#[test]
fn attributes_are_claimed_one_by_one() {
    let all = Status {
        account: Some("1".to_owned()),
        inventory_id: Some("2".to_owned()),
        system_id: Some("3".to_owned()),
        ..claiming("4", status(1, 10))
    };
    let payload = folded(&[all, Status { account: Some("5".to_owned()), ..status(2, 20) }]);
    let attributes = [payload.account, payload.inventory_id, payload.system_id, payload.org_id];
    assert_eq!(attributes.map(Option::unwrap_or_default), ["5", "2", "3", "4"]);
    assert_eq!(payload.claims.account, Some(claim(2, 20)));
    assert_eq!(payload.claims.system_id, Some(claim(1, 10)));
}
