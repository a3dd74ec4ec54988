//! Advisory locks that services agree on.

/// Held shared while the log is looked at as a whole, and alone while a day is retired: a snapshot doesn't keep a partition that is
/// taken away.
pub const LOG_LOCK: i64 = 0x7061_796c_6f61_6402;
