//! Query parameters: unknown ones are ignored, known ones must be right.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use schema::RequestId;

use crate::error::ApiError;
use crate::queries::{Bounds, Direction, Page, Window};

const DEFAULT_PAGE_SIZE: u32 = 10;

/// How much of a status is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
    All,
    Brief,
    Least,
}

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// `None` is a value that is no text.
    values: HashMap<String, Option<String>>,
}

impl Parameters {
    /// Reads a query. Of a repeated parameter the first counts.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let mut values = HashMap::new();
        for pair in query.unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A name that is no text is none that we know.
            if let Some(name) = decode(name) {
                values.entry(name).or_insert_with(|| decode(value));
            }
        }
        Self { values }
    }

    /// The text of a parameter. An empty one counts as absent.
    fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.values.get(name) {
            None => Ok(None),
            Some(None) => Err(ApiError::BadRequest(format!("{name} is not valid text"))),
            Some(Some(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        }
    }

    /// The value of a filter.
    pub(super) fn filter(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.map(str::to_owned))
    }

    /// The value of a filter that is folded to lower case, as what it is compared with.
    pub(super) fn label(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.map(|text| text.trim().to_lowercase()))
    }

    /// A request id in any of its forms.
    pub(super) fn request_id(&self) -> Result<Option<RequestId>, ApiError> {
        Ok(self.text("request_id")?.map(RequestId::lookup))
    }

    /// How much of each status to show.
    pub(super) fn verbosity(&self) -> Result<Verbosity, ApiError> {
        match self.text("verbosity")? {
            None | Some("0") => Ok(Verbosity::All),
            Some("1") => Ok(Verbosity::Brief),
            Some("2") => Ok(Verbosity::Least),
            Some(_) => Err(ApiError::BadRequest("verbosity must be one of 0, 1, 2".to_owned())),
        }
    }

    /// Which statistic: there is one.
    pub(super) fn stat(&self) -> Result<(), ApiError> {
        match self.text("stat")? {
            None | Some("SuccessRate") => Ok(()),
            Some(_) => Err(ApiError::BadRequest("stat must be one of SuccessRate".to_owned())),
        }
    }

    /// A switch.
    pub(super) fn is_set(&self, name: &str) -> Result<bool, ApiError> {
        match self.text(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::BadRequest(format!("{name} must be one of true, false"))),
        }
    }

    /// `page` and `page_size`.
    pub(super) fn page(&self, max_page_size: u32) -> Result<Page, ApiError> {
        let number = self.number("page", 0)?;
        let number = number.ok_or_else(|| ApiError::BadRequest("page must be a number from 0".to_owned()))?;
        let size = self.number("page_size", DEFAULT_PAGE_SIZE.min(max_page_size))?;
        let size = size.filter(|size| (1..=max_page_size).contains(size)).ok_or_else(|| {
            ApiError::BadRequest(format!("page_size must be a number from 1 to {max_page_size}"))
        })?;
        Ok(Page { number, size })
    }

    fn number(&self, name: &str, default: u32) -> Result<Option<u32>, ApiError> {
        Ok(self.text(name)?.map_or(Some(default), |text| text.parse().ok()))
    }

    /// `sort_by`, which must be one of these names.
    pub(super) fn sort<T: Copy + Default>(&self, sorts: &[(&str, T)]) -> Result<T, ApiError> {
        let Some(asked) = self.text("sort_by")? else { return Ok(T::default()) };
        let found = sorts.iter().find(|(name, _)| *name == asked);
        found.map(|(_, sort)| *sort).ok_or_else(|| {
            let names: Vec<&str> = sorts.iter().map(|(name, _)| *name).collect();
            ApiError::BadRequest(format!("sort_by must be one of {}", names.join(", ")))
        })
    }

    /// `sort_dir`.
    pub(super) fn direction(&self) -> Result<Direction, ApiError> {
        match self.text("sort_dir")? {
            None | Some("desc") => Ok(Direction::Descending),
            Some("asc") => Ok(Direction::Ascending),
            Some(_) => Err(ApiError::BadRequest("sort_dir must be one of asc, desc".to_owned())),
        }
    }

    /// `<name>_lt`, `_lte`, `_gt` and `_gte`.
    pub(super) fn window(&self, name: &str) -> Result<Window, ApiError> {
        let bound = |suffix| self.text(&format!("{name}_{suffix}"))?.map(timestamp).transpose();
        let bounds = Bounds { lt: bound("lt")?, lte: bound("lte")?, gt: bound("gt")?, gte: bound("gte")? };
        Ok(bounds.into())
    }
}

/// Clients that don't encode the `+` of an offset send what decodes to a blank.
fn timestamp(text: &str) -> Result<DateTime<Utc>, ApiError> {
    let parsed = DateTime::parse_from_rfc3339(&text.replacen(' ', "+", 1));
    parsed
        .map(|time| time.to_utc())
        .map_err(|_| ApiError::BadRequest("invalid timestamp format provided".to_owned()))
}

/// `None` for what isn't UTF-8, or holds a NUL, which no text of PostgreSQL does.
fn decode(text: &str) -> Option<String> {
    let text = percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned();
    (!text.contains('\0')).then_some(text)
}
