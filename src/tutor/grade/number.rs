//! Numbers with their units.

use super::quantity::{Quantity, Reading, quantities};
use super::text::{affirmed, tokens};
use super::units::Unit;
use crate::tutor::question::{BLANK, Expected, Grade, Question};

/// Most that a measured number may be off, as a share of it.
const MEASURED: f64 = 0.01;
/// The same where the book says "about".
const ABOUT: f64 = 0.05;
/// Numbers written the same way differ by less.
const EXACT: f64 = 1e-9;

/// What is expected, read once.
struct Wanted {
    quantity: Quantity,
    /// The unit, also where only the question names it.
    unit: Option<Unit>,
    /// Whether the question names the unit, so that an answer need not.
    in_prompt: bool,
    tolerance: f64,
}

/// Grades a number; `None` where none is expected or it is one of several.
pub(super) fn grade(expected: &Expected, question: &Question, answer: &str) -> Option<Grade> {
    let wanted = wanted(expected, question)?;
    let (said, denied) = affirmed(answer);
    let reading = if wanted.unit.is_some_and(Unit::is_temperature) { Reading::Temperature } else { Reading::Plain };
    let given = quantities(&said, reading);
    let words = tokens(&said);
    let grades: Vec<Grade> = given.iter().map(|quantity| compare(&wanted, quantity)).collect();
    let also = expected.also.iter().any(|also| !also.is_empty() && tokens(also) == super::text::core(&words));
    if also || given.is_empty() && !words.is_empty() && tokens(&expected.text) == words {
        return Some(Grade::Right);
    }
    let Some(best) = grades.iter().copied().min_by_key(|grade| rank(*grade)) else {
        return Some(Grade::Wrong);
    };
    if let [low, high] = &given[..]
        && is_range(&words, &said)
        && let Some(grade) = range(&wanted, low, high)
    {
        return Some(grade);
    }
    if best == Grade::Wrong
        || quantities(&denied, reading).iter().any(|quantity| compare(&wanted, quantity) == Grade::Right)
    {
        return Some(Grade::Wrong);
    }
    let known = [quantities(&question.prompt, reading), quantities(&question.source.quote, reading)].concat();
    let told = words.len() >= 5 && !words.iter().any(|word| word == "or") && !said.contains('/');
    let is_known = |quantity: &Quantity| known.iter().any(|other| other.values.first() == quantity.values.first());
    let rival = given.iter().zip(&grades).any(|(quantity, grade)| {
        *grade == Grade::Wrong && !(quantity.as_word && quantity.values == [1.0]) && !(told && is_known(quantity))
    });
    let bounds = ["less", "more", "over", "under", "below", "above", "least", "most", "almost", "nearly"];
    let bounded = |words: &[String]| bounds.iter().any(|bound| words.iter().any(|word| word == bound));
    let bound = bounded(&words) && !bounded(&tokens(&expected.text)) && !bounded(&tokens(&question.source.quote));
    Some(match best {
        _ if rival => Grade::Unsure,
        Grade::Right if bound => Grade::Partly,
        best => best,
    })
}

fn rank(grade: Grade) -> usize {
    [Grade::Right, Grade::Partly, Grade::Unsure, Grade::Wrong, Grade::None]
        .iter()
        .position(|g| *g == grade)
        .unwrap_or(9)
}

fn wanted(expected: &Expected, question: &Question) -> Option<Wanted> {
    // "C" and "F" in a book stand behind a degree sign, or the word.
    let mut found = quantities(&expected.text, Reading::Plain);
    if found.len() != 1 {
        return None;
    }
    let quantity = found.pop()?;
    let named = quantities(&question.prompt.replace(BLANK, " 7 "), Reading::Temperature);
    let behind_blank = named
        .iter()
        .find(|other| question.prompt.contains(BLANK) && other.values == [7.0])
        .and_then(|other| other.unit);
    let words = tokens(&question.prompt);
    let asks_for = |unit: Unit| {
        words.iter().any(|word| word.len() > 3 && super::units::unit(word).is_some_and(|other| other == unit))
    };
    let percent = |unit: Unit| {
        unit == Unit::PERCENT && (question.prompt.contains('%') || words.iter().any(|word| word.starts_with("percent")))
    };
    let century = |unit: Unit| unit == Unit::CENTURY && words.iter().any(|word| word == "century");
    let unit = quantity.unit.or(behind_blank);
    let in_prompt = behind_blank.is_some() || unit.is_some_and(|unit| asks_for(unit) || percent(unit) || century(unit));
    let about = ["about", "around", "approximately", "nearly", "almost", "roughly", "some", "over", "circa"];
    let loose = tokens(&expected.text).iter().any(|word| about.contains(&word.as_str())) || expected.text.contains('~');
    let tolerance = if loose {
        ABOUT
    } else if quantity.measured {
        MEASURED
    } else {
        EXACT
    };
    Some(Wanted { quantity, unit, in_prompt, tolerance })
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(1e-12)
}

/// How one number of the answer stands to what is expected.
fn compare(wanted: &Wanted, given: &Quantity) -> Grade {
    let Some(expected) = wanted.quantity.values.first().copied() else { return Grade::Wrong };
    let same_number = given.values.iter().any(|value| near(expected, *value, wanted.tolerance));
    if let (Some(a), Some(b)) = (wanted.quantity.before_christ, given.before_christ)
        && a != b
    {
        return Grade::Wrong;
    }
    if given.before_christ == Some(true) && wanted.quantity.before_christ.is_none() {
        return Grade::Wrong;
    }
    match (wanted.unit, given.unit) {
        (Some(unit), Some(other)) if unit.dims == other.dims => {
            // A change of unit rounds.
            let converted = (unit.factor - other.factor).abs() > 1e-12 * unit.factor || unit.zero != other.zero;
            let tolerance = if converted { wanted.tolerance.max(MEASURED) } else { wanted.tolerance };
            // Zero degrees of two scales are far apart, however large both are in kelvin.
            let tolerance = if unit.is_temperature() && converted { 0.002 } else { tolerance };
            let (a, zero) = (unit.basic(expected), if converted { 0.0 } else { unit.zero });
            let same = given.values.iter().any(|value| near(a - zero, other.basic(*value) - zero, tolerance));
            if same {
                Grade::Right
            } else if same_number {
                Grade::Partly
            } else {
                Grade::Wrong
            }
        }
        (Some(_), Some(_)) => {
            if same_number {
                Grade::Partly
            } else {
                Grade::Wrong
            }
        }
        (Some(unit), None) => {
            let share = unit == Unit::PERCENT
                && given.values.iter().any(|value| near(unit.basic(expected), *value, wanted.tolerance.max(EXACT)));
            match same_number {
                _ if share => Grade::Right,
                true if wanted.in_prompt => Grade::Right,
                true => Grade::Partly,
                false => Grade::Wrong,
            }
        }
        (None, Some(other)) => {
            let share = other == Unit::PERCENT
                && given.values.iter().any(|value| near(expected, other.basic(*value), wanted.tolerance));
            if share {
                Grade::Right
            } else if same_number {
                Grade::Partly
            } else {
                Grade::Wrong
            }
        }
        (None, None) if same_number && wanted.quantity.before_christ == Some(true) && given.before_christ.is_none() => {
            Grade::Partly
        }
        (None, None) => {
            if same_number {
                Grade::Right
            } else {
                Grade::Wrong
            }
        }
    }
}

fn is_range(words: &[String], said: &str) -> bool {
    words.iter().any(|word| word == "between")
        || words.iter().any(|word| word == "to") && !words.iter().any(|word| word == "or")
        || said.contains('-') && words.len() <= 5
}

/// A range where one number is expected: a narrow one around it is partly right.
fn range(wanted: &Wanted, low: &Quantity, high: &Quantity) -> Option<Grade> {
    let expected = *wanted.quantity.values.first()?;
    let (low, high) = (*low.values.first()?, *high.values.first()?);
    if low >= high {
        return None;
    }
    let narrow = high - low <= 0.2 * expected.abs();
    Some(if low <= expected && expected <= high && narrow { Grade::Partly } else { Grade::Wrong })
}
