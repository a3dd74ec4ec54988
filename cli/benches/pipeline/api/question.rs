//! What the API is asked: every list in every order and by every filter, pages far inside, and one payload.

use anyhow::Result;

use super::incumbent::{Incumbent, ahead_of, far_ahead_of};
use crate::database::Database;

pub(crate) const BASE: &str = "/api/v1";

/// A question.
pub(super) struct Question {
    pub(super) path: String,
    /// In a plot.
    pub(super) label: &'static str,
    /// How the incumbent answered the same, where that was measured.
    pub(super) incumbent: Option<Incumbent>,
}

/// The rows' own: `counts/statuses.sql` and `counts/payloads.sql` deal them.
const HOUR: &str = "gte=2026-08-22T01:00:00Z";
const HOUR_END: &str = "lt=2026-08-22T02:00:00Z";

/// What is asked for: of a payload in the middle that has every attribute.
pub(crate) struct Known {
    payloads: u32,
    pub(crate) request_id: String,
    account: String,
    inventory_id: String,
    system_id: String,
}

impl Known {
    pub(crate) async fn of(database: &Database, payloads: u32) -> Result<Self> {
        let sql = "select request_id, account, inventory_id, system_id from projection_1.payloads
            where account is not null and inventory_id is not null and system_id is not null
            order by created_at limit 1 offset $1";
        let row = database.client.query_one(sql, &[&i64::from(payloads / 4)]).await?;
        Ok(Self {
            payloads,
            request_id: row.get("request_id"),
            account: row.get("account"),
            inventory_id: row.get("inventory_id"),
            system_id: row.get("system_id"),
        })
    }

    /// In pages of a hundred. Pages are come by from the nearer end, so this is the furthest.
    fn middle_page(&self) -> u32 {
        self.payloads / 200
    }
}

/// All of them.
pub(super) fn all(known: &Known) -> Vec<Question> {
    let mut questions = vec![
        Question { path: "/health".to_owned(), label: "health", incumbent: ahead_of(4_300.0) },
        Question { path: format!("{BASE}/"), label: "", incumbent: None },
    ];
    questions.extend(of_payloads(known));
    let one = format!("payloads/{}", known.request_id);
    questions.push(question(&one, ahead_of(1_270.0)).labelled("one payload"));
    questions.extend(of_statuses(known));
    questions
}

fn of_payloads(known: &Known) -> Vec<Question> {
    // The incumbent's was as far from the nearer end.
    let middle = format!("payloads?page={}&page_size=100", known.middle_page());
    let mut questions = vec![
        question("payloads", ahead_of(1_730.0)).labelled("payloads"),
        question("payloads?org_id=000077", far_ahead_of(30.0)).labelled("payloads of an org"),
        question(&middle, far_ahead_of(31.0)).labelled("payloads, middle page"),
    ];
    let filters = [
        "org_id=000000".to_owned(),
        format!("account={}", known.account),
        format!("inventory_id={}", known.inventory_id),
        format!("system_id={}", known.system_id),
        format!("request_id={}", known.request_id),
        format!("created_at_{HOUR}&created_at_{HOUR_END}"),
        format!("date_{HOUR}&date_{HOUR_END}"),
        "page=100000".to_owned(),
    ];
    let sorts = ["account", "org_id", "inventory_id", "system_id", "request_id"].map(by);
    let deep = format!("sort_by=org_id&page={}&page_size=100", known.middle_page());
    let asked = sorts.into_iter().chain(filters).chain([deep]);
    questions.extend(asked.map(|asked| question(&format!("payloads?{asked}"), None)));
    questions
}

fn of_statuses(known: &Known) -> Vec<Question> {
    let mut questions = vec![
        question("statuses", ahead_of(513.0)).labelled("statuses"),
        question("statuses?service=service-0", far_ahead_of(0.4)),
    ];
    let filters = [
        "status=error".to_owned(),
        "source=source-0".to_owned(),
        "service=service-0&status=error".to_owned(),
        "org_id=000077".to_owned(),
        format!("request_id={}", known.request_id),
        "status_msg=upload+validated+and+sent+on+by+service-19".to_owned(),
        format!("date_{HOUR}&date_{HOUR_END}"),
        format!("created_at_{HOUR}&created_at_{HOUR_END}&sort_by=date"),
        "page=100000".to_owned(),
        "sort_by=created_at&page=100000".to_owned(),
        "sort_by=service&page=100000".to_owned(),
        "service=service-0&page=20000".to_owned(),
    ];
    let sorts = ["service", "source", "request_id", "status", "status_msg", "created_at"].map(by);
    questions
        .extend(sorts.into_iter().chain(filters).map(|asked| question(&format!("statuses?{asked}"), None)));
    questions
}

fn question(asked: &str, incumbent: Option<Incumbent>) -> Question {
    Question { path: format!("{BASE}/{asked}"), label: "", incumbent }
}

fn by(key: &str) -> String {
    format!("sort_by={key}")
}

impl Question {
    fn labelled(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// What is asked, without where.
    pub(super) fn name(&self) -> &str {
        self.path.strip_prefix(BASE).unwrap_or(&self.path)
    }
}
