//! The metrics of the API.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

/// Requests to the API's base paths. The incumbent's dashboards read this name.
pub const REQUESTS: &str = "payload_tracker_requests";
/// Responses of the API's base paths, by `code`. The incumbent's dashboards read this name.
pub const RESPONSES: &str = "payload_tracker_responses";
/// Requests, by `route`, `method` and `code`.
pub const REQUESTS_TOTAL: &str = "payload_tracker_http_requests_total";
/// Seconds until the answer to a request began, by `route`.
pub const REQUEST_SECONDS: &str = "payload_tracker_http_request_seconds";
/// Answers that broke off after their head was sent.
pub const ANSWERS_BROKEN_OFF: &str = "payload_tracker_http_answers_broken_off_total";
/// Ids that are no UUID, where one must be. The incumbent's dashboards read this name.
pub const INVALID_REQUEST_IDS: &str = "payload_tracker_api_invalid_request_IDs";
/// Seconds that a statement took. The incumbent's dashboards read this name.
pub const DB_SECONDS: &str = "payload_tracker_db_seconds";

/// Errors in answers of GraphQL, by `code`: the answer itself is mostly a 200.
pub const GRAPHQL_ERRORS: &str = "payload_tracker_graphql_errors_total";
/// WebSocket connections that are open.
pub const SOCKETS: &str = "payload_tracker_graphql_sockets";
/// WebSocket connections that were closed from here, by `code`.
pub const SOCKETS_CLOSED: &str = "payload_tracker_graphql_sockets_closed_total";
/// How often a subscriber was told that some can't be told, by `reason`.
pub const RESYNCS: &str = "payload_tracker_graphql_resyncs_total";

/// Describes them all, and has the counters there at 0 from the start.
pub(crate) fn describe() {
    describe_counter!(REQUESTS, "Requests to the API");
    counter!(REQUESTS).absolute(0);
    describe_counter!(INVALID_REQUEST_IDS, "Ids that are no UUID, where one must be");
    counter!(INVALID_REQUEST_IDS).absolute(0);
    describe_counter!(ANSWERS_BROKEN_OFF, "Answers that broke off after their head was sent");
    counter!(ANSWERS_BROKEN_OFF).absolute(0);
    describe_gauge!(SOCKETS, "WebSocket connections that are open");
    gauge!(SOCKETS).set(0.0);
    describe_counter!(GRAPHQL_ERRORS, "Errors in answers of GraphQL, by code");
    describe_counter!(SOCKETS_CLOSED, "WebSocket connections that were closed from here, by code");
    describe_counter!(RESYNCS, "How often a subscriber was told that some can't be told, by reason");
    describe_counter!(RESPONSES, "Responses of the API, by status code");
    describe_counter!(REQUESTS_TOTAL, "Requests, by route, method and status code");
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Time until the answer to a request began, by route");
    describe_histogram!(DB_SECONDS, Unit::Seconds, "Time that a statement took");
}
