//! Odd messages that are valid all the same.

use crate::message::Message;
use crate::random::Chance;

/// Makes a message odd in one way, without changing what it means for its payload.
pub(crate) fn make(message: &mut Message, chance: &mut Chance) {
    let Some(value) = &mut message.value else { return };
    let Ok(json) = std::str::from_utf8(value) else { return };
    let odd = match chance.below(9) {
        // As the incumbent's decoder takes them.
        0 => json.replacen("\"service\"", "\"Service\"", 1).into_bytes(),
        // Of a field given twice the last counts.
        1 => json.replacen("{\"service\":", "{\"service\":\"overridden\",\"service\":", 1).into_bytes(),
        2 => with_field(json, r#""org_id":12345"#),
        3 => with_field(json, r#""account":540155.0,"source":null"#),
        4 => with_field(json, r#""status_msg":"a NUL \u0000 and a lone surrogate \ud800""#),
        5 => invalid_utf8(json),
        6 => with_field(json, r#""extra":[1,{"deep":[[]]}]"#),
        7 => format!(" \n{json}\r\n").into_bytes(),
        _ => json.replacen("\"date\":\"", "\"date\":\"  ", 1).into_bytes(),
    };
    *value = odd;
}

/// At the end, where it wins over a field of the same name.
fn with_field(json: &str, field: &str) -> Vec<u8> {
    format!("{},{field}}}", &json[..json.len() - 1]).into_bytes()
}

fn invalid_utf8(json: &str) -> Vec<u8> {
    let mut bytes = with_field(json, r#""status_msg":"not UTF-8: ?""#);
    let at = bytes.len() - 3;
    bytes[at] = 0xff;
    bytes
}
