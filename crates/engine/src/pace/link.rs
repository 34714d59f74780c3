//! One link's window.

/// What is known of a link that is up.
pub(super) struct Link {
    /// Submits that may be without an answer at a time.
    pub(super) window: u32,
    /// Submits without an answer.
    pub(super) used: u32,
    /// Those and the answered ones whose meaning is not committed yet: what a crash now would leave unknown.
    pub(super) open: u32,
    pub(super) paused_until_ms: u64,
    /// Segments refused for now since one was taken.
    pub(super) refusals: u32,
}

impl Link {
    /// The window is filled before the commit of the answers that freed it, so that a network far away is kept busy;
    /// but a crash may repeat no more than a tenth beyond the window.
    pub(super) const fn has_room(&self) -> bool {
        self.used < self.window && self.open < self.window + self.window / 10
    }
}
