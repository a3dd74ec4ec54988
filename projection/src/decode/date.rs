//! Dates in all the forms that producers send.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateError {
    /// It has no form we know.
    Unparseable,
    /// In UTC it is outside the years 1 to 9999, which RFC 3339 can't show.
    OutOfRange,
}

/// Reads `YYYY-MM-DD`, one of `T`, `t` and blank, `HH:MM:SS`, an optional fraction, and an optional offset: `Z`, `z`,
/// `UTC`, `+HH:MM`, `+HHMM`. Without an offset it is UTC. Kept are microseconds; the rest is cut off.
///
/// chrono's own parsers know each only some of these forms.
pub(super) fn parse(text: &str) -> Result<DateTime<Utc>, DateError> {
    let utc = read(text.trim().as_bytes()).ok_or(DateError::Unparseable)?;
    if (1..=9999).contains(&utc.year()) { Ok(utc) } else { Err(DateError::OutOfRange) }
}

fn read(text: &[u8]) -> Option<DateTime<Utc>> {
    let (stem, rest) = text.split_at_checked(19)?;
    let [y @ .., b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = stem
    else {
        return None;
    };
    let date =
        NaiveDate::from_ymd_opt(number(y)?.try_into().ok()?, number(&[*m1, *m2])?, number(&[*d1, *d2])?)?;
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
    let (micros, rest) = fraction(rest)?;
    // A leap second belongs to the next minute, as PostgreSQL has it.
    let (second, leap) = if second == 60 { (59, TimeDelta::seconds(1)) } else { (second, TimeDelta::zero()) };
    let local = date.and_hms_micro_opt(hour, minute, second, micros)?.checked_add_signed(leap)?;
    local.checked_sub_signed(offset(rest.trim_ascii_start())?).map(|utc| utc.and_utc())
}

/// The microseconds of a fraction, if there is one, and what follows it.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let [b'.', digits_and_rest @ ..] = text else { return Some((0, text)) };
    let length = digits_and_rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits_and_rest.split_at(length);
    let micros =
        digits.iter().chain(b"000000").take(6).fold(0, |micros, digit| micros * 10 + u32::from(digit - b'0'));
    (length > 0).then_some((micros, rest))
}

fn offset(text: &[u8]) -> Option<TimeDelta> {
    let (sign, hours, minutes) = match text {
        [] | b"Z" | b"z" | b"UTC" => return Some(TimeDelta::zero()),
        // As Go prints times: the offset, then its name.
        [rest @ .., b' ', b'U', b'T', b'C'] if rest.len() >= 5 => return offset(rest),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => {
            (sign, number(&[*h1, *h2])?, number(&[*m1, *m2])?)
        }
        _ => return None,
    };
    let seconds = i64::from((hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?);
    match sign {
        b'+' => Some(TimeDelta::seconds(seconds)),
        b'-' => Some(TimeDelta::seconds(-seconds)),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}
