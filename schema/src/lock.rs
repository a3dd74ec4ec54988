//! Advisory locks that services agree on.

/// Held shared while the log is looked at as a whole, and alone while a day is retired.
///
/// And while events are moved to the partitions of their days (`permissions.sql`): a snapshot doesn't keep a partition that is taken
/// away, and sees none of what was copied since.
pub const LOG_LOCK: i64 = 0x7061_796c_6f61_6402;
