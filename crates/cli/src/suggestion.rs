//! What a misspelt word may have been.

/// How alike two words must be, from 0 to 1.
const ALIKE: f64 = 0.75;

/// The word that is most like this one, if one is.
pub fn closest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let likeness = |other: &str| {
        let other = other.to_lowercase();
        // One slip in a short word counts for too much there.
        match strsim::damerau_levenshtein(&typed, &other) {
            0 => 1.0,
            1 if other.chars().count() > 2 => 0.99,
            _ => strsim::jaro_winkler(&typed, &other),
        }
    };
    let rated = words.map(|other| (likeness(other), other)).filter(|(rate, _)| *rate > ALIKE);
    rated.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen_and_another_word_is_none() {
        let there = ["wind", "storm", "motor-bike"];
        for (typed, expected) in [
            ("wnd", Some("wind")),
            ("Wind", Some("wind")),
            ("iwnd", Some("wind")),
            ("strom", Some("storm")),
            ("motorbike", Some("motor-bike")),
            ("x", None),
            ("calculix", None),
        ] {
            assert_eq!(closest(typed, there.into_iter()), expected, "{typed}");
        }
    }
}
