//! Addresses as the wire wants them: type of number and numbering plan by their look (SMPP 3.4 §5.2.5, §5.2.6).

use domain::address::Address;
use smpp::Latin1;

use super::options::{Numbering, Options};

/// Numbers of so many digits at most are short codes.
const SHORT_CODE_DIGITS_MAX: usize = 6;
const INTERNATIONAL: Numbering = Numbering { ton: 1, npi: 1 };
const ALPHANUMERIC: Numbering = Numbering { ton: 5, npi: 0 };

/// A service address as `source_addr`; nothing if its letters can't be said on the wire.
pub(super) fn source(address: &Address, options: &Options) -> Option<smpp::Address> {
    wire(address, options.source, options.short_code)
}

/// A phone as `destination_addr`; nothing if its letters can't be said on the wire.
pub(super) fn destination(address: &Address, options: &Options) -> Option<smpp::Address> {
    wire(address, options.destination, options.short_code)
}

/// An address for the wire: numbered as chosen, else by its look.
pub(crate) fn wire(address: &Address, chosen: Option<Numbering>, short_code: Numbering) -> Option<smpp::Address> {
    let is_number = address.is_number();
    // The key of a number is its digits without `+`, `00` and punctuation; a name goes as written.
    let key = address.key();
    let text = if is_number { key.as_str() } else { address.as_str() };
    let by_look = match (is_number, text.len()) {
        (false, _) => ALPHANUMERIC,
        (true, digits) if digits <= SHORT_CODE_DIGITS_MAX => short_code,
        (true, _) => INTERNATIONAL,
    };
    let Numbering { ton, npi } = chosen.unwrap_or(by_look);
    Some(smpp::Address { ton, npi, address: Latin1::from_text(text)? })
}

/// An address as the network wrote it. Digits stay digits whatever their type of number: that is how operators write
/// the same phone in receipts, and how applications know it.
pub(super) fn from_wire(address: &smpp::Address) -> Address {
    Address::from_network(&address.address.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_of_number_by_look() {
        let short_code = Numbering { ton: 3, npi: 0 };
        let check = |written: &str, chosen, expected: Option<(u8, u8, &str)>| {
            let address = Address::parse(written).unwrap();
            let wire = wire(&address, chosen, short_code).map(|a| (a.ton, a.npi, a.address.to_text()));
            assert_eq!(wire, expected.map(|(ton, npi, text)| (ton, npi, text.to_owned())), "{written}");
        };
        check("41791234567", None, Some((1, 1, "41791234567")));
        check("+41 79 123 45 67", None, Some((1, 1, "41791234567")));
        check("0041791234567", None, Some((1, 1, "41791234567")));
        check("8282", None, Some((3, 0, "8282")));
        check("123456", None, Some((3, 0, "123456")));
        check("1234567", None, Some((1, 1, "1234567")));
        check("Acme", None, Some((5, 0, "Acme")));
        check("*123#", None, Some((5, 0, "*123#")));
        check("Ακμή", None, None);
        check("8282", Some(Numbering { ton: 2, npi: 8 }), Some((2, 8, "8282")));
    }

    #[test]
    fn what_the_network_wrote_stays() {
        let check = |ton, text: &[u8], expected: &str| {
            let address = smpp::Address { ton, npi: 1, address: Latin1::from_bytes(text) };
            assert_eq!(from_wire(&address).as_str(), expected);
        };
        check(1, b"41791234567", "41791234567");
        check(1, b"+41791234567", "+41791234567");
        check(5, b"Caf\xe9", "Café");
        check(0, b"", "unknown");
    }
}
