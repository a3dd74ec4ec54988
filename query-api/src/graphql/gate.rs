//! The gate: what a query would cost is told from its text, in linear time, before anything is looked up for it.
//!
//! It is an extension of the schema, so no way leads past it: not HTTP, not WebSocket, not what comes after them. The limits of
//! async-graphql itself expand fragments as often as they are spread, and 2 kB of fragments keep those busy for days.

mod measure;
mod text;
mod values;

use std::mem;
use std::sync::Arc;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest, NextSubscribe,
    NextValidation,
};
use async_graphql::registry::Registry;
use async_graphql::{Request, Response, ServerError, ServerResult, ValidationResult};
use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use thiserror::Error;

pub(super) use self::measure::PAGE;
use self::measure::Ruler;
use super::error::{self, code};

/// So many mistakes are told. Who makes more begins with these.
const MOST_ERRORS: usize = 20;

/// The most that a query may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Bytes of its text.
    pub(super) bytes: usize,
    /// Names, signs and values in its text.
    pub(super) tokens: usize,
    /// Selections within selections, fragments expanded; brackets within brackets, before that is known.
    pub(super) depth: usize,
    /// Fields, directives and values of arguments, fragments expanded: what is looked at before anything is answered.
    pub(super) size: usize,
    /// Values in the answer, if every list is as long as it may be; a field of the root counts as many more, for it asks the database.
    pub(super) cost: usize,
}

impl Limits {
    /// Few enough to refuse a bomb. GraphiQL's question about the schema is the largest sensible one, and has half of each.
    pub(super) const OURS: Self =
        Self { bytes: 16 * 1024, tokens: 2_500, depth: 20, size: 2_000, cost: 50_000 };
}

/// Why a query isn't answered. Each has a code of its own, which stays as it is.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum Refusal {
    #[error("a query has at most {} bytes and {} tokens", .0.bytes, .0.tokens)]
    TooLong(Limits),
    #[error("a query is at most {} levels deep", .0.depth)]
    TooDeep(Limits),
    #[error("a query has at most {} fields, directives and arguments, those of fragments counted wherever they are spread", .0.size)]
    TooLarge(Limits),
    #[error("the answer may hold {0} values, and {max} are the most: ask for shorter pages or fewer fields", max = .1.cost)]
    TooCostly(usize, Limits),
    #[error("the fragment {0} spreads itself")]
    Cycle(String),
    #[error("a text doesn't end")]
    OpenText,
    #[error("this service doesn't tell its schema")]
    Introspection,
    #[error("a subscription asks for one field, itself and not in a fragment")]
    ManyFields,
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong(_) => code::TOO_LONG,
            Self::TooDeep(_) => code::TOO_DEEP,
            Self::TooLarge(_) => code::TOO_LARGE,
            Self::TooCostly(..) => code::TOO_COSTLY,
            Self::Cycle(_) | Self::ManyFields => code::VALIDATION_FAILED,
            Self::OpenText => code::PARSE_FAILED,
            Self::Introspection => code::INTROSPECTION_OFF,
        }
    }
}

/// Refuses what is beyond the limits, and sees to it that every error has a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    pub(super) limits: Limits,
    /// Whether the schema is told.
    pub(super) introspection: bool,
}

impl Gate {
    fn check(self, registry: &Registry, request: &mut Request) -> ServerResult<()> {
        text::check(&request.query, self.limits).map_err(refused)?;
        let variables = mem::take(&mut request.variables);
        let document = request.parsed_query().map_err(|error| error::coded(error, code::PARSE_FAILED))?;
        Ruler::new(registry, document, &variables, self).check().map_err(refused)?;
        request.variables = variables;
        Ok(())
    }
}

fn refused(refusal: Refusal) -> ServerError {
    error::coded(ServerError::new(refusal.to_string(), None), refusal.code())
}

impl ExtensionFactory for Gate {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait]
impl Extension for Gate {
    async fn prepare_request(
        &self,
        context: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(context, request).await?;
        self.check(&context.schema_env.registry, &mut request)?;
        Ok(request)
    }

    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let invalid = |error| error::coded(error, code::VALIDATION_FAILED);
        next.run(context).await.map_err(|errors| errors.into_iter().take(MOST_ERRORS).map(invalid).collect())
    }

    async fn request(&self, context: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        with_codes(next.run(context).await)
    }

    fn subscribe<'s>(
        &self,
        context: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(context, stream.map(with_codes).boxed())
    }
}

/// What has none yet is something that the client sent: a value that an argument doesn't take, say.
fn with_codes(mut response: Response) -> Response {
    let errors = response.errors.into_iter();
    response.errors = errors.map(|error| error::coded(error, code::BAD_REQUEST)).collect();
    response.errors.iter().for_each(error::count);
    response
}

#[cfg(test)]
mod tests;
