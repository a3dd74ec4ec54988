//! Headers as bytes. The rdkafka crate panics on a header whose name isn't UTF-8, and whoever may write to the topic may send one.

use std::ffi::CStr;
use std::ptr;

use rdkafka::message::BorrowedMessage;
use rdkafka_sys as sys;

/// The names and values of a record's headers, in order.
pub(super) type Headers = (Vec<Vec<u8>>, Vec<Option<Vec<u8>>>);

/// librdkafka gives none of a record's headers when there are more than 100,000 of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnreadableHeaders;

/// The headers of a message, `None` when it has none.
///
/// A name that holds a zero byte ends there: librdkafka hands names out as C strings.
#[expect(unsafe_code, reason = "the crate has no way to a header that doesn't insist on UTF-8")]
pub(super) fn of(message: &BorrowedMessage<'_>) -> Result<Option<Headers>, UnreadableHeaders> {
    let mut headers = ptr::null_mut();
    // SAFETY: the message is alive for as long as the borrow, and so are its headers, which librdkafka parses on the first call
    // and keeps with it.
    let error = unsafe { sys::rd_kafka_message_headers(message.ptr(), &raw mut headers) };
    match error {
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR if !headers.is_null() => {}
        sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__NOENT => return Ok(None),
        _ => return Err(UnreadableHeaders),
    }
    let (mut names, mut values) = Headers::default();
    loop {
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        // SAFETY: `headers` is valid as above; the index may be beyond the last, which is answered by an error.
        let error = unsafe {
            sys::rd_kafka_header_get_all(headers, names.len(), &raw mut name, &raw mut value, &raw mut size)
        };
        if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Ok(Some((names, values)));
        }
        // SAFETY: librdkafka ends each name with a zero byte, and both pointers live as long as the message.
        names.push(unsafe { CStr::from_ptr(name) }.to_bytes().to_vec());
        values.push((!value.is_null()).then(|| {
            // SAFETY: `size` bytes from `value` on belong to the header.
            unsafe { std::slice::from_raw_parts(value.cast::<u8>(), size) }.to_vec()
        }));
    }
}
