//! Numbers in words: "twenty-five", "three hundred and six thousand", "nineteen forty-seven", "two thirds", "a half".

const ONES: &[(&str, f64)] = &[
    ("zero", 0.0),
    ("nil", 0.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("eigth", 8.0),
    ("eigt", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("twelv", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("fiveteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("ninteen", 19.0),
    ("twenty", 20.0),
    ("twenti", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fourty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("ninty", 90.0),
    ("dozen", 12.0),
];
/// "second" is left out: it is a unit more often.
const ORDINALS: &[(&str, f64)] = &[
    ("first", 1.0),
    ("third", 3.0),
    ("fourth", 4.0),
    ("fifth", 5.0),
    ("sixth", 6.0),
    ("seventh", 7.0),
    ("eighth", 8.0),
    ("ninth", 9.0),
    ("tenth", 10.0),
    ("eleventh", 11.0),
    ("twelfth", 12.0),
    ("thirteenth", 13.0),
    ("fourteenth", 14.0),
    ("fifteenth", 15.0),
    ("sixteenth", 16.0),
    ("seventeenth", 17.0),
    ("eighteenth", 18.0),
    ("nineteenth", 19.0),
    ("twentieth", 20.0),
];
const SCALES: &[(&str, f64)] = &[
    ("hundred", 1e2),
    ("hundreds", 1e2),
    ("hundered", 1e2),
    ("hundread", 1e2),
    ("thousand", 1e3),
    ("thousands", 1e3),
    ("thousend", 1e3),
    ("thosand", 1e3),
    ("lakh", 1e5),
    ("lac", 1e5),
    ("lakhs", 1e5),
    ("million", 1e6),
    ("millions", 1e6),
    ("milion", 1e6),
    ("mio", 1e6),
    ("crore", 1e7),
    ("crores", 1e7),
    ("billion", 1e9),
    ("billions", 1e9),
    ("bn", 1e9),
    ("trillion", 1e12),
];
const PARTS: &[(&str, f64)] = &[
    ("half", 2.0),
    ("halves", 2.0),
    ("third", 3.0),
    ("thirds", 3.0),
    ("quarter", 4.0),
    ("quarters", 4.0),
    ("fourths", 4.0),
    ("fifth", 5.0),
    ("fifths", 5.0),
    ("sixths", 6.0),
    ("eighths", 8.0),
    ("tenth", 10.0),
    ("tenths", 10.0),
    ("hundredth", 100.0),
    ("hundredths", 100.0),
];

fn in_table(table: &[(&str, f64)], word: &str) -> Option<f64> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// How many a word such as "million" multiplies by.
pub(super) fn scale(word: &str) -> Option<f64> {
    in_table(SCALES, word)
}

/// The number that the words from 0 on say, and how many tokens it takes. `word` is the word at a place, `hyphen` tells
/// whether a hyphen stands there.
pub(super) fn spoken(word: &dyn Fn(usize) -> Option<String>, hyphen: &dyn Fn(usize) -> bool) -> Option<(f64, usize)> {
    let at = |i: usize| word(i).unwrap_or_default();
    let first = at(0);
    if let Some(value) = in_table(ORDINALS, &first) {
        return Some((value, 1));
    }
    if let Some(part) = in_table(PARTS, &first).filter(|_| first == "half" || first == "quarter") {
        return Some((1.0 / part, 1));
    }
    if first == "a" || first == "an" {
        let part = in_table(PARTS, &at(1)).map(|part| 1.0 / part);
        // "a day"
        let one = || super::units::unit(&at(1)).filter(|_| at(1).len() > 2).map(|_| (1.0, 1));
        let many = || in_table(SCALES, &at(1)).map(|_| (1.0, 1));
        return part.map(|value| (value, 2)).or_else(many).or_else(one);
    }
    let (mut total, mut current, mut next, mut seen) = (0.0, 0.0, 0, false);
    loop {
        let skip = usize::from(seen && (hyphen(next) || at(next) == "and"));
        let said = at(next + skip);
        let between = in_table(ONES, &said).or_else(|| in_table(ORDINALS, &said).filter(|_| current >= 20.0));
        if let Some(value) = between {
            current = joined(current, value, seen)?;
        } else if let Some(times) = in_table(SCALES, &said) {
            let many = if current == 0.0 { 1.0 } else { current };
            if times < 1e3 { current = many * times } else { (total, current) = (total + many * times, 0.0) }
        } else {
            break;
        }
        (next, seen) = (next + skip + 1, true);
    }
    if !seen {
        return None;
    }
    let value = total + current;
    Some(behind(value, next, &at))
}

/// A number's next word: "forty" "two" is 42, "nineteen" "forty" 1940; others do not go together.
fn joined(current: f64, value: f64, seen: bool) -> Option<f64> {
    if !seen || current == 0.0 || current % 100.0 == 0.0 || current % 10.0 == 0.0 && value < 10.0 && current >= 20.0 {
        return Some(current + value);
    }
    ((10.0..100.0).contains(&current) && value >= 10.0).then_some(current * 100.0 + value)
}

/// "point five", "and a half", "thirds" behind a number.
fn behind(value: f64, next: usize, at: &dyn Fn(usize) -> String) -> (f64, usize) {
    if at(next) == "point" {
        let digits: Vec<f64> =
            (next + 1..next + 12).map_while(|i| in_table(ONES, &at(i)).filter(|digit| *digit < 10.0)).collect();
        let decimals = digits.iter().enumerate().map(|(i, digit)| digit / 10f64.powi(i as i32 + 1)).sum::<f64>();
        return if digits.is_empty() { (value, next) } else { (value + decimals, next + 1 + digits.len()) };
    }
    if at(next) == "and"
        && at(next + 1) == "a"
        && let Some(part) = in_table(PARTS, &at(next + 2))
    {
        return (value + 1.0 / part, next + 3);
    }
    match in_table(PARTS, &at(next)).filter(|_| value < 20.0) {
        Some(part) => (value / part, next + 1),
        None => (value, next),
    }
}
