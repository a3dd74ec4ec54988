//! Sentences that are held by a test which needs more than a question: by the file and the name of that test.

/// A sentence, the file, the test.
type Held = (&'static str, &'static str, &'static str);

const PAGING: &str = "cli/tests/rest/paging.rs";
const LINKS: &str = "cli/tests/rest/links.rs";
const OUTAGE: &str = "cli/tests/rest/outage.rs";
const ERRORS: &str = "cli/tests/rest/errors.rs";
const METRICS: &str = "cli/tests/rest/metrics.rs";
const ATTRIBUTE: &str = "projection/src/fold/tests/attribute.rs";
const ACCESS: &str = "query-api/tests/main/access.rs";
const ARCHIVE: &str = "query-api/tests/main/archive.rs";
const CONTRACT: &str = "query-api/tests/main/contract.rs";
const LISTENER: &str = "query-api/tests/main/listener.rs";
const OUTAGE_IN_PROCESS: &str = "query-api/tests/main/outage.rs";
const STATS: &str = "query-api/tests/main/stats.rs";
const STREAM: &str = "query-api/tests/main/stream.rs";
const TIES: &str = "query-api/tests/main/ties.rs";
const TRAFFIC: &str = "query-api/tests/main/traffic.rs";
const CLIENT: &str = "query-api/src/client.rs";
const POLICIES: &str = "query-api/src/queries/snapshot/on_a_server.rs";
const SERVER: &str = "query-api/src/server.rs";

/// All of them.
pub(crate) const ELSEWHERE: &[Held] = &[
    (
        "`/health` is a 503 while the database doesn't answer.",
        OUTAGE,
        "a_database_that_stands_still_is_a_503_by_the_deadline",
    ),
    (
        "Both documents are made from the routes, and checked in under `schema/`.",
        CONTRACT,
        "the_openapi_document_and_its_swagger_are_those_that_are_checked_in",
    ),
    (
        "`/docs` is Swagger UI, which works without internet access.",
        CONTRACT,
        "the_documents_are_served_and_so_is_a_page_that_shows_them_from_files_of_ours",
    ),
    (
        "Pages neither overlap nor skip, and put together are the whole list.",
        PAGING,
        "pages_put_together_are_the_whole_list",
    ),
    (
        "Two polls of the same list are the same bytes, but for `elapsed`.",
        PAGING,
        "two_polls_are_the_same_but_for_the_time_they_took",
    ),
    (
        "Where the first come first (`asc`), nothing is skipped or repeated while others are written, even among ties.",
        TIES,
        "no_row_is_skipped_or_repeated_among_ties_while_others_are_written",
    ),
    (
        "Of two that are as late, the one that is later in the log counts.",
        ATTRIBUTE,
        "a_tie_of_dates_is_won_by_the_later_position",
    ),
    (
        "storage-broker is asked by the form of the id that most of the payload's first hundred messages used.",
        LINKS,
        "storage_broker_is_asked_by_the_form_that_most_messages_used",
    ),
    (
        "That somebody asks is written down first, in the table `archive_requests`; where it can't be, there is no link.",
        ARCHIVE,
        "a_link_is_written_down_first",
    ),
    (
        "Neither links nor identities are in any log.",
        ARCHIVE,
        "neither_link_nor_identity_gets_into_a_log_at_any_level",
    ),
    (
        "With `REQUESTOR_IMPL=mock` the link is `http://{HOSTNAME}:{PUBLICPORT}/app/payload-tracker/api/v1/archive/{id}`.",
        LINKS,
        "a_link_of_mock_leads_to_a_page_of_ours",
    ),
    (
        "The link of mock leads to `You got an archive for {id}`.",
        LINKS,
        "a_link_of_mock_leads_to_a_page_of_ours",
    ),
    (
        "A database that is away, or has no connection left, is a 503 with `Retry-After`; it is never an empty list and never a 404.",
        OUTAGE,
        "a_database_without_a_free_connection_is_a_503",
    ),
    (
        "A database that stands still is a 503 with `Retry-After` within eleven seconds.",
        OUTAGE,
        "a_database_that_stands_still_is_a_503_by_the_deadline",
    ),
    (
        "Read models that aren't there yet, or of another version, are a 503.",
        OUTAGE_IN_PROCESS,
        "read_models_of_another_projection_version_are_a_503",
    ),
    (
        "A tenant of more than 100,000 payloads in the last 24 hours is refused statistics, by a 400 that says so.",
        STATS,
        "a_tenant_of_too_many_payloads_is_told_so",
    ),
    ("A body of more than 64 KiB is a 413.", TRAFFIC, "what_is_too_long_is_refused"),
    (
        "What breaks in the service itself is a 500 in the shape of every error.",
        SERVER,
        "a_panic_is_a_500_in_the_shape_of_every_error",
    ),
    (
        "Each organisation, each associate, and else each address (of IPv6, each /64) may send `MAX_REQUESTS_PER_MINUTE`; what is more is a 429.",
        TRAFFIC,
        "each_client_has_a_limit_of_its_own_and_is_told_when_to_come_again",
    ),
    (
        "A 429 carries `Retry-After`, `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (in seconds).",
        ERRORS,
        "who_asks_too_often_is_told_when_to_come_again",
    ),
    ("`/health` counts for no limit of requests.", ERRORS, "who_asks_too_often_is_told_when_to_come_again"),
    (
        "`X-Forwarded-For` is believed only of `TRUSTED_PROXIES`.",
        CLIENT,
        "an_address_is_believed_only_as_far_as_proxies_of_ours_vouch_for_it",
    ),
    (
        "No more than `MAX_CONNECTIONS` are open at once; the next waits until one is closed.",
        LISTENER,
        "no_more_than_so_many_connections_are_open_and_the_next_is_served_when_one_is_closed",
    ),
    (
        "An answer that takes longer than `ANSWER_TIMEOUT_MS` to be sent breaks off, and is no whole one.",
        LISTENER,
        "who_takes_an_answer_too_slowly_gets_no_end_of_it",
    ),
    (
        "A client whose request doesn't come within `CLIENT_TIMEOUT_MS`, or who takes nothing of an answer for as long, is left.",
        LISTENER,
        "who_takes_nothing_of_an_answer_is_left_and_holds_nothing_of_the_database",
    ),
    (
        "What nobody waits for any more is cancelled within two seconds.",
        STREAM,
        "a_statement_that_nobody_waits_for_any_more_is_cancelled_within_two_seconds",
    ),
    (
        "Long answers are sent while the database is read, a hundred rows at a time, and are never in memory as a whole.",
        "cli/tests/rest/size.rs",
        "a_payload_of_very_many_statuses_is_sent_in_bounded_memory",
    ),
    (
        "An answer whose database goes away breaks off, which no client takes for a whole one.",
        STREAM,
        "an_answer_whose_database_goes_away_breaks_off",
    ),
    (
        "Lists and payloads have an `ETag`, and with `If-None-Match` are a 304 as long as nothing was folded.",
        TRAFFIC,
        "who_has_an_answer_already_gets_it_again_only_when_something_was_folded",
    ),
    (
        "Lists and payloads may be kept by the client itself alone: `Cache-Control: private, no-cache`.",
        TRAFFIC,
        "who_has_an_answer_already_gets_it_again_only_when_something_was_folded",
    ),
    (
        "Everything else isn't to be kept: `Cache-Control: no-store`.",
        TRAFFIC,
        "what_is_not_to_be_kept_says_so",
    ),
    ("Answers are compressed for who accepts gzip.", TRAFFIC, "answers_are_compressed_for_who_can_read_that"),
    (
        "Pages of other origins may read answers only where `CORS_ALLOWED_ORIGINS` names them; by default none may.",
        TRAFFIC,
        "pages_of_other_origins_read_answers_only_where_they_are_let",
    ),
    (
        "Each answer has an `X-Request-Id`: that of the request, if it is of up to 64 letters, digits, `-` and `_`, else one of ours.",
        TRAFFIC,
        "a_request_has_an_id_which_the_gateway_may_choose",
    ),
    (
        "Each request is one line of the log, whatever is in it, with that id, and without its query.",
        TRAFFIC,
        "each_request_is_one_line_of_the_log_whatever_is_in_it",
    ),
    (
        "An `Associate` sees everything.",
        ACCESS,
        "lists_hold_and_count_what_is_of_the_tenants_organisation_alone",
    ),
    (
        "A `User`, `ServiceAccount` or `System` sees the payloads of their own organisation, what belongs to them, and counts of those alone.",
        ACCESS,
        "lists_hold_and_count_what_is_of_the_tenants_organisation_alone",
    ),
    (
        "What is another organisation's is answered as if it weren't there.",
        ACCESS,
        "the_payload_of_another_organisation_is_as_unknown_as_one_that_is_not_there",
    ),
    (
        "A payload whose organisation isn't known is seen by associates alone, and so is what is in quarantine.",
        ACCESS,
        "the_payload_of_another_organisation_is_as_unknown_as_one_that_is_not_there",
    ),
    (
        "It is said twice, by each query and by row-level security: a query that forgets whose it is shows nothing of another's.",
        POLICIES,
        "a_query_that_forgets_the_organisation_shows_nothing_of_another_in_any_table",
    ),
    ("Anybody else gets a 401 without a header, and a 403 with one.", ACCESS, "who_is_nobody_sees_nothing"),
    (
        "Each process has `/metrics`, `/live` and `/ready` on `METRICSPORT`.",
        METRICS,
        "counters_are_there_at_0_from_the_start",
    ),
    (
        "`payload_tracker_requests` and `payload_tracker_responses{code}` count what is asked under the prefixes.",
        METRICS,
        "what_is_asked_is_counted",
    ),
    (
        "`payload_tracker_api_invalid_request_IDs` counts links that were asked for by what is no UUID.",
        METRICS,
        "what_is_asked_is_counted",
    ),
    (
        "`payload_tracker_consumed_messages` counts what `ingest` appended, and `payload_tracker_consume_errors` what its client reported.",
        METRICS,
        "what_is_ingested_and_folded_is_counted",
    ),
    (
        "`payload_tracker_messages_processed`, `payload_tracker_message_process_errors` and `payload_tracker_consumer_invalid_request_IDs` count what `project` folded, quarantined, and quarantined for its id.",
        METRICS,
        "what_is_ingested_and_folded_is_counted",
    ),
    (
        "Counters without labels are there at 0 from the start.",
        METRICS,
        "counters_are_there_at_0_from_the_start",
    ),
    (
        "`payload_tracker_db_seconds` and `payload_tracker_message_process_seconds` are histograms with buckets of .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10.",
        METRICS,
        "what_is_ingested_and_folded_is_counted",
    ),
    ("Each process has `process_*` metrics of itself.", METRICS, "counters_are_there_at_0_from_the_start"),
];
