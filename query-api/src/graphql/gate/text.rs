//! What can be told of a query before it is parsed. The parser calls itself for each bracket within a bracket, so it is told how many
//! there are before it is given the text.

use super::{Limits, Refusal};

/// Counts, byte by byte.
pub(super) fn check(query: &str, limits: Limits) -> Result<(), Refusal> {
    if query.len() > limits.bytes {
        return Err(Refusal::TooLong(limits));
    }
    let (mut tokens, mut depth) = (0_usize, 0_usize);
    let mut rest = query.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                rest = after;
                continue;
            }
            b'#' => {
                rest = &after[length_while(after, |byte| byte != b'\n' && byte != b'\r')..];
                continue;
            }
            b'"' => after_text(rest).ok_or(Refusal::OpenText)?,
            b'{' | b'[' | b'(' => {
                depth += 1;
                after
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                after
            }
            byte if is_word(byte) => &after[length_while(after, is_word)..],
            _ => after,
        };
        tokens += 1;
        if tokens > limits.tokens {
            return Err(Refusal::TooLong(limits));
        }
        // A field may have an argument, and that a list in an object: three more.
        if depth > limits.depth + 3 {
            return Err(Refusal::TooDeep(limits));
        }
    }
    Ok(())
}

/// What comes after a text. One that doesn't end is none, and the parser would take what is in it for something else.
fn after_text(rest: &[u8]) -> Option<&[u8]> {
    const BLOCK: &[u8] = b"\"\"\"";
    let is_block = rest.starts_with(BLOCK);
    let mut rest = &rest[if is_block { BLOCK.len() } else { 1 }..];
    loop {
        rest = match rest {
            [b'\\', b'"', b'"', b'"', rest @ ..] if is_block => rest,
            [b'"', b'"', b'"', rest @ ..] if is_block => return Some(rest),
            [_, rest @ ..] if is_block => rest,
            [b'\\', _, rest @ ..] => rest,
            [b'"', rest @ ..] => return Some(rest),
            [b'\r' | b'\n', ..] | [] => return None,
            [_, rest @ ..] => rest,
        }
    }
}

/// Names and numbers.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-+".contains(&byte)
}

fn length_while(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !holds(*byte)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 1_000, tokens: 12, depth: 3, size: 0, cost: 0 };

    fn refused(query: &str) -> Option<Refusal> {
        check(query, LIMITS).err()
    }

    #[test]
    fn tokens_are_counted_and_what_is_between_them_is_not() {
        assert_eq!(refused("{ a_1, b(c: 10e-3 d: \"e { f\") }  # g h i j k l m"), None);
        assert_eq!(refused(&"a ".repeat(12)), None);
        assert_eq!(refused(&"a ".repeat(13)), Some(Refusal::TooLong(LIMITS)));
        assert_eq!(refused(&" ".repeat(1_001)), Some(Refusal::TooLong(LIMITS)));
    }

    #[test]
    fn brackets_of_every_kind_count_within_each_other() {
        assert_eq!(refused("{[({[({"), Some(Refusal::TooDeep(LIMITS)));
        assert_eq!(refused("{}[](){}[]()"), None);
    }

    // Seen to fail with a block taken for an empty text, and with a quote that is escaped taken for the end.
    #[test]
    fn a_text_hides_what_is_in_it_and_nothing_else() {
        assert_eq!(refused(r#""((((((((" """(("((("((\"""(((""" "\"((((((((" "" """""" "#), None);
        assert_eq!(refused(r#""" [[[[[[["#), Some(Refusal::TooDeep(LIMITS)));
        for open in ["\"", "\"a\n\"", "\"\"\"a", "\"\"\"\\\"\"\"", "\"\\\"", "\"\"\"x\" [[[[[[["] {
            assert_eq!(refused(open), Some(Refusal::OpenText), "{open}");
        }
    }
}
