//! Scalars: times, durations, and numbers that an `Int` doesn't hold.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A time as RFC 3339 has it. Answers are in UTC, with a `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(pub(super) DateTime<Utc>);

/// A duration as ISO 8601 has it, in seconds: `PT5.625S`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Duration(pub(super) TimeDelta);

/// A time as RFC 3339 has it, in any offset. Answers are in UTC, with a `Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Time {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(time) => Ok(Self(time.to_utc())),
                Err(_) => Err(InputValueError::custom("a time is as RFC 3339 has it: 2026-08-22T04:17:03Z")),
            },
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// A duration as ISO 8601 has it, in seconds: `PT5.625S`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#appendix-A")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let seconds = match &value {
            Value::String(text) => text.strip_prefix("PT").and_then(|rest| rest.strip_suffix('S')),
            _ => return Err(InputValueError::expected_type(value)),
        };
        let (whole, part) =
            seconds.map(|text| text.split_once('.').unwrap_or((text, "0"))).unwrap_or_default();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let refused = || InputValueError::custom("a duration is a number of seconds: PT5.625S");
        if !is_number(whole) || !is_number(part) || part.len() > 6 {
            return Err(refused());
        }
        let micros = format!("{whole}{part:0<6}").parse().map_err(|_| refused())?;
        Ok(Self(TimeDelta::microseconds(micros)))
    }

    fn to_value(&self) -> Value {
        let micros = self.0.num_microseconds().unwrap_or(i64::MAX).max(0);
        let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
        let text = format!("{whole}.{part:06}");
        Value::String(format!("PT{}S", text.trim_end_matches('0').trim_end_matches('.')))
    }
}

/// A whole number of 64 bits, written as a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Long(pub(super) i64);

/// A whole number of 64 bits, written as a JSON number: an `Int` has 32.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| InputValueError::custom("a whole number of 64 bits"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_as_it_is_written() {
        for (text, micros) in
            [("PT0S", 0), ("PT5.625S", 5_625_000), ("PT100S", 100_000_000), ("PT0.000001S", 1)]
        {
            let duration = Duration::parse(Value::from(text)).unwrap();
            assert_eq!(duration, Duration(TimeDelta::microseconds(micros)), "{text}");
            assert_eq!(duration.to_value(), Value::from(text));
        }
        for text in ["", "PT", "PTS", "PT-1S", "PT1M", "5", "PT1.1234567S", "PT.5S", "PT99999999999999999S"] {
            assert!(Duration::parse(Value::from(text)).is_err(), "{text}");
        }
    }
}
