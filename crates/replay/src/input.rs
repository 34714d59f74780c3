//! Taking choices from the front of an input, so that the rest stays readable text wherever the property is about text.

/// Octets and how far they have been taken. Past the end there are zeros.
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// All of the octets.
    pub(crate) fn new(octets: &'a [u8]) -> Input<'a> {
        Input { rest: octets }
    }

    /// The next octet.
    pub(crate) fn octet(&mut self) -> u8 {
        let Some((&octet, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        octet
    }

    /// The next two octets as a number.
    pub(crate) fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    /// A length octet and that many octets, fewer at the end.
    pub(crate) fn piece(&mut self) -> &'a [u8] {
        let length = usize::from(self.octet()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        piece
    }

    /// As [`Input::piece`], read as text.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.piece()).into_owned()
    }

    /// One of several things.
    pub(crate) fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[usize::from(self.octet()) % things.len()]
    }

    /// What is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}
