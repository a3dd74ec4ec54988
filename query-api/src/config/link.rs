//! Where links lead to.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use url::Url;

/// Where links to archives come from, and who may have them.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Links")]
pub struct ArchiveArgs {
    /// Who gives links to archives. mock: this process itself, to a page without an archive
    #[arg(long, env = "REQUESTOR_IMPL", value_name = "REQUESTOR_IMPL", default_value = "storage-broker")]
    pub requestor: Requestor,
    /// Where storage-broker is asked for a link
    #[arg(
        long,
        env = "STORAGEBROKERURL",
        value_name = "STORAGEBROKERURL",
        default_value = "http://storage-broker-processor:8000/archive/url"
    )]
    pub storage_broker_url: WebUrl,
    /// The role that an associate must hold to have a link
    #[arg(
        long,
        env = "STORAGEBROKERURLROLE",
        value_name = "STORAGEBROKERURLROLE",
        default_value = "platform-archive-download"
    )]
    pub storage_broker_role: String,
    /// How long storage-broker may take, in milliseconds
    #[arg(long = "storage-broker-timeout-ms", env = "STORAGEBROKERREQUESTTIMEOUT", value_name = "STORAGEBROKERREQUESTTIMEOUT", default_value_t = 35_000, value_parser = clap::value_parser!(u64).range(1..=300_000))]
    pub storage_broker_timeout_ms: u64,
    /// Host in the links of mock
    #[arg(long, env = "HOSTNAME", value_name = "HOSTNAME", default_value = "localhost")]
    pub hostname: String,
}

/// What links to Kibana are made of.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Links")]
pub struct KibanaArgs {
    /// Page of Kibana that shows logs. Without it there are no links there
    #[arg(long, env = "KIBANA_URL", value_name = "KIBANA_URL")]
    pub kibana_url: Option<WebUrl>,
    /// Index that the logs are in
    #[arg(
        long,
        env = "KIBANA_INDEX",
        value_name = "KIBANA_INDEX",
        default_value = "43c5fed0-d5ce-11ea-b58c-a7c95afd7a5d"
    )]
    pub kibana_index: String,
    /// Field of the logs that holds the service's name
    #[arg(long, env = "KIBANA_SERVICE_FIELD", value_name = "KIBANA_SERVICE_FIELD", default_value = "app")]
    pub kibana_service_field: String,
}

/// Who gives links to archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Requestor {
    /// The service that keeps the archives.
    StorageBroker,
    /// This process, for trying it out.
    Mock,
}

/// An address that begins with `http://` or `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl {
    url: Url,
    text: String,
}

impl ArchiveArgs {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.storage_broker_timeout_ms)
    }
}

impl WebUrl {
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// As it was given.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for WebUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What the parser would take out without a word isn't what somebody meant.
        if text.bytes().any(|byte| byte.is_ascii_control() || byte == b' ') {
            return Err("it holds blanks or control characters");
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Self { url, text: text.to_owned() })
            }
            _ => Err("it must begin with http:// or https:// and name a host"),
        }
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Seen to fail with only the scheme looked at, and with blanks left to the parser.
    #[test]
    fn an_address_is_of_the_web_and_whole() {
        for text in ["http://h", "https://h:1/a?b=c#d", "HTTP://h"] {
            assert!(text.parse::<WebUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "h",
            "//h",
            "ftp://h",
            "javascript:alert(1)",
            "http://",
            "http://h/\n",
            " http://h",
            "file:///etc",
        ] {
            assert!(text.parse::<WebUrl>().is_err(), "{text}");
        }
    }
}
