//! Requests of the peer that the owner has not answered yet, up to a limit. Their content is with the owner.

use crate::pdu::Command;

/// Names one request of the peer until it is answered. Belongs to the bind that gave it; on that bind it is never
/// given twice, so a late or second answer is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u64);

impl Handle {
    /// The handle as a number, to be kept where types can't go.
    pub fn to_number(self) -> u64 {
        self.0
    }

    /// The handle that [`Handle::to_number`] gave. A number from elsewhere is refused when it is used.
    pub fn from_number(number: u64) -> Handle {
        Handle(number)
    }
}

struct Place {
    generation: u32,
    request: Option<(Command, u32)>,
}

/// A table of places that are used again, so that it never grows above its limit.
pub(crate) struct Unanswered {
    count_max: usize,
    places: Vec<Place>,
    free: Vec<u32>,
}

impl Unanswered {
    pub(crate) fn new(count_max: usize) -> Unanswered {
        Unanswered { count_max: count_max.max(1), places: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.count_max
    }

    pub(crate) fn open(&mut self, command: Command, sequence: u32) -> Handle {
        let at = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { generation: 0, request: None });
            u32::try_from(self.places.len() - 1).expect("fewer requests than the count limit")
        });
        let place = &mut self.places[at as usize];
        place.generation = place.generation.wrapping_add(1);
        place.request = Some((command, sequence));
        Handle(u64::from(place.generation) << 32 | u64::from(at))
    }

    /// The request and its sequence number, once.
    pub(crate) fn close(&mut self, handle: Handle) -> Option<(Command, u32)> {
        let (generation, at) = ((handle.0 >> 32) as u32, handle.0 as u32);
        let place = self.places.get_mut(at as usize)?;
        if place.generation != generation {
            return None;
        }
        let request = place.request.take()?;
        self.free.push(at);
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_good_once_and_its_place_is_used_again() {
        let mut table = Unanswered::new(2);
        let first = table.open(Command::DELIVER_SM, 7);
        let second = table.open(Command::DATA_SM, 7);
        assert!(table.is_full());
        assert_eq!(table.close(first), Some((Command::DELIVER_SM, 7)));
        assert_eq!(table.close(first), None);
        let third = table.open(Command::DELIVER_SM, 9);
        assert_eq!(table.places.len(), 2);
        assert_eq!(table.close(first), None, "the place is another request's now");
        assert_eq!(table.close(second), Some((Command::DATA_SM, 7)));
        assert_eq!(table.close(Handle::from_number(third.to_number())), Some((Command::DELIVER_SM, 9)));
        assert_eq!(table.close(Handle::from_number(99)), None);
        assert_eq!(table.len(), 0);
    }
}
