//! Channels of NOTIFY: hints to come and look, with nothing in them.

/// Something was appended to the log.
pub const APPENDED: &str = "payload_tracker_appended";

/// Something became visible in the read models.
pub const PROJECTED: &str = "payload_tracker_projected";
