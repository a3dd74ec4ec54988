//! `/payloads/{request_id}/kibanaLink`: where the logs of a payload are.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::link::{Link, asked_id};
use super::openapi::{KibanaParameters, LinkRefusals, UuidParameter};
use super::parameters::Parameters;
use crate::access::Viewer;
use crate::config::KibanaArgs;
use crate::error::ApiError;
use crate::queries::{Connection, Snapshot, form, payload};

/// What needs no encoding in any part of a URL, and means nothing to Kibana.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Where the logs of a payload are
///
/// Those of the last 24 hours.
#[utoipa::path(
    get,
    path = "/payloads/{request_id}/kibanaLink",
    operation_id = "find_kibana_link",
    params(UuidParameter, KibanaParameters),
    responses(
        (status = 200, description = "There", body = Link, example = json!({"url": "https://kibana.example/app#/discover?_g=()&_a=()"})),
        LinkRefusals
    )
)]
pub(super) async fn link(
    State(state): State<super::State>,
    viewer: Viewer,
    asked: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Link>, ApiError> {
    let (asked, request_id) = asked_id(asked)?;
    let service = Parameters::parse(query.as_deref()).filter("service")?;
    let mut connection = Connection::take(&state.pool).await?;
    if viewer != Viewer::All {
        let snapshot = Snapshot::begin(&mut connection, viewer).await?;
        if payload::find(&snapshot, &request_id).await?.is_none() {
            return Err(ApiError::NotFound(format!("payload with id: {asked} not found")));
        }
    }
    // It is theirs to ask about. A tenant's own snapshot shows no messages.
    let snapshot = Snapshot::begin(&mut connection, Viewer::All).await?;
    let form = form::find(&snapshot, &request_id).await?.unwrap_or(asked);
    let url = url(&state.kibana, &form, service.as_deref())
        .ok_or_else(|| ApiError::NotFound("no Kibana is known here: KIBANA_URL isn't set".to_owned()))?;
    Ok(Json(Link { url }))
}

/// The page that shows a day of logs. Values can't end the query that they are put into: they are encoded for Lucene, for the
/// quoted text that the query is, and for the URL.
fn url(args: &KibanaArgs, id: &str, service: Option<&str>) -> Option<String> {
    let page = args.kibana_url.as_ref()?.text();
    let index = quoted(&args.kibana_index);
    let mut query = format!("request_id:{}", quoted(&term(id)));
    if let Some(service) = service {
        let (field, service) = (quoted(&args.kibana_service_field), quoted(&term(service)));
        query.push_str(&format!("%20AND%20{field}:{service}"));
    }
    Some(format!(
        "{page}?_g=(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:now-24h,to:now))\
         &_a=(columns:!(_source),filters:!(),index:'{index}',interval:auto,\
         query:(language:lucene,query:'{query}'),sort:!('@timestamp',desc))"
    ))
}

/// One term of a Lucene query, whatever it holds.
fn term(text: &str) -> String {
    let is_operator = ["AND", "OR", "NOT"].contains(&text);
    let is_plain = |(at, char): (usize, char)| match char {
        '-' => at > 0,
        '_' | '.' => true,
        _ => char.is_alphanumeric() && !(is_operator && at == 0),
    };
    text.char_indices().fold(String::new(), |mut term, (at, char)| {
        if !is_plain((at, char)) {
            term.push('\\');
        }
        term.push(char);
        term
    })
}

/// Within single quotes of the state that Kibana keeps in its URL, where `!` takes the meaning from the next character.
fn quoted(text: &str) -> String {
    let quoted = text.replace('!', "!!").replace('\'', "!'");
    utf8_percent_encode(&quoted, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn link(service: Option<&str>) -> String {
        let args = KibanaArgs {
            kibana_url: Some("https://kibana/app#/discover".parse().unwrap()),
            kibana_index: "i'x".to_owned(),
            kibana_service_field: "app".to_owned(),
        };
        url(&args, "0a-1b", service).unwrap()
    }

    #[test]
    fn a_link_shows_a_day_of_logs_of_the_payload_and_of_one_service_if_one_is_named() {
        let expected = "https://kibana/app#/discover?_g=(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:now-24h,to:now))\
            &_a=(columns:!(_source),filters:!(),index:'i%21%27x',interval:auto,query:(language:lucene,query:'request_id:0a-1b'),sort:!('@timestamp',desc))";
        assert_eq!(link(None), expected);
        assert!(link(Some("puptoo")).contains("query:'request_id:0a-1b%20AND%20app:puptoo')"));
        assert!(link(Some("a-b_c.d")).contains("app:a-b_c.d'"));
    }

    // Seen to fail with terms left as they are, and with quotes left as they are.
    #[test]
    fn a_name_can_not_end_the_query_that_it_is_put_into() {
        assert!(link(Some("a OR b")).contains("app:a%5C%20OR%5C%20b'"));
        assert!(link(Some("OR")).contains("app:%5COR'"));
        assert!(link(Some("-x*")).contains("app:%5C-x%5C%2A'"));
        assert!(link(Some("x'),sort:!(")).contains("app:x%5C%21%27%5C%29%5C%2Csort%5C%3A%5C%21%21%5C%28'"));
        assert!(link(Some("x&_a=()#")).contains("app:x%5C%26_a%5C%3D%5C%28%5C%29%5C%23'"));
    }

    proptest! {
        #[test]
        fn whatever_the_name_the_frame_of_the_link_stays(service in ".{1,30}") {
            let (plain, link) = (link(Some("puptoo")), link(Some(&service)));
            let (start, end) = plain.split_once("puptoo").unwrap();
            let inner = link.strip_prefix(start).unwrap().strip_suffix(end).unwrap();
            prop_assert!(inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%-_.".contains(&byte)), "{}", inner);
            let decoded = percent_decode_str(inner).decode_utf8().unwrap().into_owned();
            // Every quote has its mark before it.
            let unmarked = decoded.replace("!!", "").replace("!'", "");
            prop_assert!(!unmarked.contains('\'') && !unmarked.contains('!'), "{}", decoded);
        }
    }
}
