//! Whether a sentence speaks of the opposite of what is asked: "which animals are not mammals" is not answered by a sentence
//! on mammals, nor "the smallest" by one on the largest, however many words and however much meaning they share.

use super::grounding::negates;
use super::words::words;
use std::collections::BTreeSet;

/// How a sentence stands to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sense {
    /// Nothing speaks against it.
    #[default]
    Same,
    /// The question denies what the sentence does not.
    Negated,
    /// The question names the opposite of a word of the sentence.
    Opposite,
}

/// Words of which one is the opposite of the other.
const OPPOSITES: &[(&str, &str)] = &[
    ("above", "below"),
    ("accept", "reject"),
    ("accepted", "rejected"),
    ("adaptive", "innate"),
    ("after", "before"),
    ("agree", "disagree"),
    ("allies", "enemies"),
    ("allow", "forbid"),
    ("ally", "enemy"),
    ("always", "never"),
    ("ancient", "modern"),
    ("attack", "defend"),
    ("began", "ended"),
    ("begin", "end"),
    ("best", "worst"),
    ("biggest", "smallest"),
    ("build", "destroy"),
    ("built", "destroyed"),
    ("cold", "hot"),
    ("colder", "hotter"),
    ("common", "rare"),
    ("conservative", "liberal"),
    ("create", "destroy"),
    ("created", "destroyed"),
    ("decrease", "increase"),
    ("decreased", "increased"),
    ("decreases", "increases"),
    ("direct", "indirect"),
    ("dynamic", "static"),
    ("earlier", "later"),
    ("earliest", "latest"),
    ("early", "late"),
    ("east", "west"),
    ("eastern", "western"),
    ("end", "start"),
    ("ended", "started"),
    ("external", "internal"),
    ("fall", "rise"),
    ("false", "true"),
    ("fast", "slow"),
    ("faster", "slower"),
    ("fastest", "slowest"),
    ("fell", "rose"),
    ("few", "many"),
    ("first", "last"),
    ("formal", "informal"),
    ("gain", "lose"),
    ("heavier", "lighter"),
    ("heavy", "light"),
    ("high", "low"),
    ("higher", "lower"),
    ("highest", "lowest"),
    ("illegal", "legal"),
    ("import", "export"),
    ("inside", "outside"),
    ("kill", "save"),
    ("large", "small"),
    ("larger", "smaller"),
    ("largest", "smallest"),
    ("least", "most"),
    ("less", "more"),
    ("long", "short"),
    ("longer", "shorter"),
    ("longest", "shortest"),
    ("lost", "won"),
    ("lower", "upper"),
    ("lowered", "raised"),
    ("major", "minor"),
    ("maximum", "minimum"),
    ("negative", "positive"),
    ("new", "old"),
    ("newest", "oldest"),
    ("north", "south"),
    ("northern", "southern"),
    ("oppose", "support"),
    ("opposed", "supported"),
    ("poor", "rich"),
    ("private", "public"),
    ("strong", "weak"),
    ("stronger", "weaker"),
    ("strongest", "weakest"),
    ("successful", "unsuccessful"),
];

/// How `sentence` stands to `question`.
pub(crate) fn sense(question: &str, sentence: &str) -> Sense {
    if negates(question) && !negates(sentence) {
        return Sense::Negated;
    }
    let asked: BTreeSet<String> = words(question).collect();
    let said: BTreeSet<String> = words(sentence).collect();
    let turned = |asks: &str, says: &str| {
        asked.contains(asks) && !said.contains(asks) && said.contains(says) && !asked.contains(says)
    };
    if OPPOSITES.iter().any(|(a, b)| turned(a, b) || turned(b, a)) { Sense::Opposite } else { Sense::Same }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_not_answered_by_its_opposite() {
        for (question, sentence, expected) in [
            ("Which animals are not mammals?", "Whales are mammals.", Sense::Negated),
            ("Which animals are not mammals?", "Sharks are not mammals.", Sense::Same),
            ("Which animals are mammals?", "Sharks are not mammals.", Sense::Same),
            ("What is the smallest planet?", "Jupiter is the largest planet.", Sense::Opposite),
            ("What is the largest planet?", "Jupiter is the largest planet, Mercury the smallest.", Sense::Same),
            ("Is the north or the south warmer?", "The south is warmer.", Sense::Same),
            ("What happened before the war?", "After the war the canal was dug.", Sense::Opposite),
            ("", "", Sense::Same),
        ] {
            assert_eq!(sense(question, sentence), expected, "{question} {sentence}");
        }
    }
}
