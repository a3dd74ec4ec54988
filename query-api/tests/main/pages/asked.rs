//! A page, as the API and as PostgreSQL are asked for it.

/// What is asked of the API, and the condition that PostgreSQL knows it by.
type Filter = (&'static str, &'static str);

/// A page of a list.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    list: &'static str,
    filter: Filter,
    /// The key as the API knows it, and as PostgreSQL sorts by it.
    sort: (&'static str, String),
    direction: &'static str,
    number: usize,
    size: usize,
}

/// At the start, inside, far inside, near the end and behind it.
const PAGES: [(usize, usize); 9] =
    [(0, 10), (1, 7), (60, 50), (150, 10), (1_900, 10), (11, 2_000), (9_999, 10), (2, 500), (0, 10_000)];

const STATUSES: [Filter; 16] = [
    ("", "true"),
    ("service=ingress", "service = 'ingress'"),
    ("status=error", "status = 'error'"),
    ("source=inventory", "source = 'inventory'"),
    ("service=puptoo&status=success", "service = 'puptoo' and status = 'success'"),
    ("service=puptoo&source=inventory", "service = 'puptoo' and source = 'inventory'"),
    ("service=nobody", "service = 'nobody'"),
    ("status_msg=sent", "status_msg = 'sent'"),
    ("request_id=00000000000000000000000000000007", "request_id = '00000000000000000000000000000007'"),
    ("org_id=org-1", "org_id = 'org-1'"),
    ("account=account-2&status=error", "account = 'account-2' and status = 'error'"),
    ("inventory_id=host-9", "inventory_id = 'host-9'"),
    (
        "date_gte=2026-08-22T10:00:30Z&date_lt=2026-08-23T10:00:00Z",
        "date >= '2026-08-22T10:00:30Z' and date < '2026-08-23T10:00:00Z'",
    ),
    ("date_lt=2026-08-23T01:01:01Z&service=ingress", "date < '2026-08-23T01:01:01Z' and service = 'ingress'"),
    ("created_at_gt=2026-08-23T05:00:07Z", "created_at > '2026-08-23T05:00:07Z'"),
    (
        "created_at_lte=2026-08-23T15:00:07Z&date_gte=2026-08-22T20:00:00Z",
        "created_at <= '2026-08-23T15:00:07Z' and date >= '2026-08-22T20:00:00Z'",
    ),
];

/// That begin or end within a minute in which there are others.
const WINDOWS: [Filter; 4] = [
    // There is another service at its end.
    (
        "service=ingress&date_gte=2026-08-22T00:00:30Z",
        "service = 'ingress' and date >= '2026-08-22T00:00:30Z'",
    ),
    (
        "service=ingress&date_gte=2026-08-22T10:00:30Z&date_lt=2026-08-23T10:00:30Z",
        "service = 'ingress' and date >= '2026-08-22T10:00:30Z' and date < '2026-08-23T10:00:30Z'",
    ),
    (
        "status=error&created_at_gt=2026-08-23T01:00:07Z&created_at_lte=2026-08-23T15:00:33Z",
        "status = 'error' and created_at > '2026-08-23T01:00:07Z' and created_at <= '2026-08-23T15:00:33Z'",
    ),
    (
        "date_gt=2026-08-22T10:00:20Z&date_lte=2026-08-23T10:00:20Z",
        "date > '2026-08-22T10:00:20Z' and date <= '2026-08-23T10:00:20Z'",
    ),
];

const PAYLOADS: [Filter; 10] = [
    ("", "true"),
    ("org_id=org-1", "org_id = 'org-1'"),
    ("account=account-2", "account = 'account-2'"),
    ("org_id=org-1&account=account-2", "org_id = 'org-1' and account = 'account-2'"),
    ("inventory_id=host-9", "inventory_id = 'host-9'"),
    ("system_id=system-9", "system_id = 'system-9'"),
    ("created_at_gte=2026-08-22T01:00:00Z", "created_at >= '2026-08-22T01:00:00Z'"),
    ("created_at_lt=2026-08-22T03:33:33Z&org_id=org-2", "created_at < '2026-08-22T03:33:33Z' and org_id = 'org-2'"),
    (
        "date_gte=2026-08-22T20:00:00Z&date_lt=2026-08-22T21:00:00Z",
        "exists (select from statuses where statuses.request_id = payloads.request_id
            and date >= '2026-08-22T20:00:00Z' and date < '2026-08-22T21:00:00Z')",
    ),
    (
        "date_gt=2026-08-23T00:00:00Z&org_id=org-3",
        "org_id = 'org-3' and exists (
            select from statuses where statuses.request_id = payloads.request_id and date > '2026-08-23T00:00:00Z')",
    ),
];

/// Every filter in every order of statuses.
pub(super) fn statuses() -> Vec<Asked> {
    let keys = ["date", "service", "source", "request_id", "status", "status_msg", "created_at"];
    let windows =
        PAGES.iter().flat_map(|page| every("statuses", &WINDOWS, &["date", "created_at"], &[*page]));
    [every("statuses", &STATUSES, &keys, &PAGES), windows.collect()].concat()
}

/// Every filter in every order of payloads.
pub(super) fn payloads() -> Vec<Asked> {
    let keys = ["created_at", "account", "org_id", "inventory_id", "system_id", "request_id"];
    every("payloads", &PAYLOADS, &keys, &PAGES)
}

/// Each filter in each order, a page of each.
fn every(
    list: &'static str,
    filters: &[Filter],
    keys: &[&'static str],
    pages: &[(usize, usize)],
) -> Vec<Asked> {
    let mut pages = pages.iter().cycle();
    let mut asked = Vec::new();
    for filter in filters {
        for key in keys {
            for direction in ["asc", "desc"] {
                let (number, size) = *pages.next().expect("it goes round");
                let sort = if key.ends_with("at") || *key == "date" {
                    (*key, (*key).to_owned())
                } else {
                    (*key, format!("coalesce({key}, '')"))
                };
                asked.push(Asked { list, filter: *filter, sort, direction, number, size });
            }
        }
    }
    asked
}

impl Asked {
    pub(super) fn path(&self) -> String {
        let Self { list, filter: (filter, _), sort: (sort, _), direction, number, size } = self;
        format!("/api/v1/{list}?{filter}&sort_by={sort}&sort_dir={direction}&page={number}&page_size={size}")
    }

    /// The ids that are to stand on it.
    pub(super) fn sql(&self) -> String {
        let Self { filter: (_, filter), sort: (_, sort), direction, number, size, .. } = self;
        let (rows, offset) = (self.rows(), number * size);
        format!(
            "select id::text as found from {rows} where {filter}
            order by {sort} {direction}, id {direction} limit {size} offset {offset}"
        )
    }

    /// How many there are on all pages.
    pub(super) fn count_sql(&self) -> String {
        format!("select count(*) from {} where {}", self.rows(), self.filter.1)
    }

    /// A status has its payload's attributes.
    fn rows(&self) -> &'static str {
        match self.list {
            "statuses" => {
                "(select statuses.id, statuses.date, statuses.created_at, statuses.request_id, service, source, status,
                    status_msg, payloads.org_id, payloads.account, payloads.inventory_id
                from statuses join payloads using (request_id)) as listed"
            }
            payloads => payloads,
        }
    }
}
