//! XML as SMSSync uses it: a `payload` with an element for each key, nothing deeper.

use roxmltree::{Document, ParsingOptions};

/// Most elements and texts of a document that is read.
const NODES_MAX: u32 = 512;

/// The elements below the root with their texts; none when it is no XML. Entities other than the five of XML itself are
/// refused with the whole document, so nothing can grow while it is read.
pub(super) fn read(text: &str) -> Option<Vec<(String, String)>> {
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    let elements = document.root_element().children().filter(|node| node.is_element());
    Some(elements.map(|node| (node.tag_name().name().to_owned(), texts(&node))).collect())
}

/// All text of an element, CDATA among it.
fn texts(node: &roxmltree::Node<'_, '_>) -> String {
    node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect()
}

/// Writes a document. Names are ours or checked; characters that XML doesn't have are replaced (XML 1.0 §2.2).
pub(super) fn write<'a>(elements: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><payload>");
    for (name, text) in elements {
        out.extend(["<", name, ">"]);
        for c in text.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                // Written plainly it would be read as a line feed (XML 1.0 §2.11).
                '\r' => out.push_str("&#13;"),
                '\t' | '\n' | ' '..='\u{fffd}' => out.push(c),
                '\u{10000}'.. => out.push(c),
                _ => out.push('\u{fffd}'),
            }
        }
        out.extend(["</", name, ">"]);
    }
    out.push_str("</payload>");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_are_read_whatever_is_between_them() {
        let check = |text: &str, golden: &[(&str, &str)]| {
            let read = read(text).unwrap();
            let read: Vec<_> = read.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            assert_eq!(read, golden, "{text}");
        };
        check("<payload/>", &[]);
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<payload>\n <from>+1</from> x <a b=\"c\"/>\
             <message>1 &lt; 2 &amp; <![CDATA[3 < 4]]>&#x20AC;</message></payload>",
            &[("from", "+1"), ("a", ""), ("message", "1 < 2 & 3 < 4€")],
        );
        check("<p><from>a<b>c</b>d</from></p>", &[("from", "ad")]);
    }

    #[test]
    fn hostile_documents_are_none() {
        let laughs = "<!DOCTYPE p [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><p><from>&b;</from></p>";
        let outside = "<!DOCTYPE p [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><p><from>&a;</from></p>";
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let many = format!("<p>{}</p>", "<a/>".repeat(NODES_MAX as usize));
        for bad in ["", "<", "<p>", "<p></q>", "<p>&nbsp;</p>", "<p/><p/>", laughs, outside, &deep, &many] {
            assert!(read(bad).is_none(), "{}", &bad[..bad.len().min(80)]);
        }
    }

    proptest! {
        #[test]
        fn every_text_survives(text in any::<String>()) {
            let clean: String = text
                .chars()
                .map(|c| if (c < ' ' && !"\t\n\r".contains(c)) || ('\u{fffe}'..='\u{ffff}').contains(&c) { '\u{fffd}' } else { c })
                .collect();
            let read = read(&write([("a", text.as_str()), ("b", "")])).unwrap();
            prop_assert_eq!(read, [("a".to_owned(), clean), ("b".to_owned(), String::new())]);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = read(&text);
            let _ = read(&format!("<payload>{text}</payload>"));
        }
    }
}
