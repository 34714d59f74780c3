//! "Did you mean …?": the known word nearest to an unknown one.

/// The sentence that offers the nearest known word, with a blank before it; empty when none is near.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map_or(String::new(), |word| format!("; did you mean `{word}`?"))
}

/// The nearest known word: the same words in another order, or few letters apart.
fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = unknown.to_lowercase().replace('-', "_");
    let near = 1 + plain.chars().count() / 4;
    let rated = known.into_iter().map(|word| {
        let candidate = word.to_lowercase().replace('-', "_");
        let same_words = sorted_words(&plain) == sorted_words(&candidate);
        (if same_words { 0 } else { distance(&plain, &candidate) }, word)
    });
    rated.filter(|(letters, _)| *letters <= near).min_by_key(|(letters, _)| *letters).map(|(_, word)| word)
}

fn sorted_words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split('_').collect();
    words.sort_unstable();
    words
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour (Damerau and Levenshtein,
/// restricted).
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let change = rows[i][j] + usize::from(a != b);
            let mut least = change.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered_and_a_far_one_is_not() {
        let known = ["window", "links", "retry_ms", "retry_for_ms", "connections_max", "starts-with"];
        let check = |unknown: &str, expected: Option<&str>| assert_eq!(nearest(unknown, known), expected, "{unknown}");
        check("windw", Some("window"));
        check("wnidow", Some("window"));
        check("Window", Some("window"));
        check("max_connections", Some("connections_max"));
        check("retry-ms", Some("retry_ms"));
        check("starts_with", Some("starts-with"));
        check("retries", None);
        check("x", None);
        check("password", None);
    }

    #[test]
    fn distances() {
        for (from, to, expected) in
            [("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
