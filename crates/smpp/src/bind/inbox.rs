//! Octets that came but could not be taken yet. What they mean is read by [`super::incoming`].

/// A queue of octets; taking from its front moves nothing until the taken part outweighs the rest.
#[derive(Default)]
pub(super) struct Inbox {
    octets: Vec<u8>,
    taken: usize,
}

impl Inbox {
    pub(super) fn len(&self) -> usize {
        self.octets.len() - self.taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets[self.taken..]
    }

    pub(super) fn take(&mut self, count: usize) {
        self.taken += count;
        if self.taken * 2 >= self.octets.len() {
            self.octets.drain(..self.taken);
            self.taken = 0;
        }
    }
}
