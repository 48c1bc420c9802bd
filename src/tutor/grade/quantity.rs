//! Numbers as students write them: "1,000", "3.2 × 10^8", "twenty-five", "1½", "٣", "half", with the unit behind.

use super::text::plain_digits;
use super::units::{Unit, unit};
use unicode_normalization::UnicodeNormalization;

/// A number of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    /// What it may mean: "1.000" is one, or a thousand.
    pub(super) values: Vec<f64>,
    pub(super) unit: Option<Unit>,
    /// Whether it was measured: written with decimals or a power of ten.
    pub(super) measured: bool,
    /// Before or after Christ, where told.
    pub(super) before_christ: Option<bool>,
    /// Written as a word: "one" may be no number at all.
    pub(super) as_word: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number { values: Vec<f64>, measured: bool, glued: bool },
    Word { text: String, glued: bool },
    Sign(char),
}

/// The numbers of a text, in order.
pub(super) fn quantities(text: &str, reading: Reading) -> Vec<Quantity> {
    let tokens = lex(text);
    let (mut found, mut at): (Vec<Quantity>, usize) = (Vec::new(), 0);
    while at < tokens.len() {
        let Some((mut quantity, next)) = number(&tokens, at) else {
            at += 1;
            continue;
        };
        let next = scale(&tokens, next, &mut quantity);
        // "B.C." is no byte.
        let (era, next) = era(&tokens, at, next);
        let (unit, next) = match era {
            Some(_) => (None, next),
            None => ordinal_or_unit(&tokens, next, &mut quantity, reading),
        };
        (quantity.unit, quantity.before_christ) = (unit, era);
        found.push(quantity);
        at = next.max(at + 1);
    }
    found
}

/// What letters stand for that have two meanings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// "C" is coulomb, "F" farad.
    Plain,
    /// They are degrees.
    Temperature,
}

fn prepared(text: &str) -> String {
    let mut prepared = String::new();
    for c in plain_digits(text).chars() {
        match c {
            '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' => {
                if !prepared.ends_with(|last: char| last == '^' || last.is_ascii_digit())
                    || prepared.ends_with(|c: char| c.is_ascii_digit()) && !prepared.contains('^')
                {
                    prepared.push('^');
                }
                prepared.extend(std::iter::once(c).nfkd().map(|c| if c == '−' { '-' } else { c }));
            }
            '½' => prepared.push_str(" 1/2 "),
            '¼' => prepared.push_str(" 1/4 "),
            '¾' => prepared.push_str(" 3/4 "),
            '⅓' => prepared.push_str(" 1/3 "),
            '⅔' => prepared.push_str(" 2/3 "),
            '−' | '–' | '—' | '‐' | '‑' => prepared.push('-'),
            '×' | '✕' | '⋅' | '·' => prepared.push('*'),
            '٫' => prepared.push('.'),
            '٬' => prepared.push(','),
            '\u{a0}' | '\u{202f}' | '\u{2009}' => prepared.push(' '),
            _ => prepared.extend(std::iter::once(c).nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c))),
        }
    }
    prepared
}

fn lex(text: &str) -> Vec<Token> {
    let chars: Vec<char> = prepared(text).chars().collect();
    let (mut tokens, mut at, mut glued) = (Vec::new(), 0, false);
    while at < chars.len() {
        let c = chars[at];
        let digit_at = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || c == '.' && digit_at(at + 1) && !digit_at(at.wrapping_sub(1)) {
            let (raw, next) = raw_number(&chars, at);
            let (values, measured) = readings(&raw);
            tokens.push(Token::Number { values, measured, glued });
            (at, glued) = (next, true);
        } else if c.is_alphabetic() {
            let end = (at..chars.len()).find(|i| !chars[*i].is_alphabetic()).unwrap_or(chars.len());
            tokens.push(Token::Word { text: chars[at..end].iter().collect(), glued });
            (at, glued) = (end, true);
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
            }
            glued = !c.is_whitespace();
            at += 1;
        }
    }
    tokens
}

/// A number's characters: digits, what groups them, a decimal mark, "e8".
fn raw_number(chars: &[char], from: usize) -> (String, usize) {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let (mut raw, mut at) = (String::new(), from);
    while at < chars.len() {
        let c = chars[at];
        let group = || (1..=3).all(|i| digit(at + i)) && !digit(at + 4);
        if c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '_') && digit(at + 1) {
            raw.push(c);
        } else if c == ' ' && group() && raw.len() <= 3 + raw.matches('_').count() * 4 && !raw.contains(['.', ',']) {
            raw.push('_');
        } else {
            break;
        }
        at += 1;
    }
    let sign = usize::from(chars.get(at + 1).is_some_and(|c| matches!(c, '-' | '+')));
    if chars.get(at).is_some_and(|c| matches!(c, 'e' | 'E')) && digit(at + 1 + sign) {
        let end = (at + 1 + sign..chars.len()).find(|i| !chars[*i].is_ascii_digit()).unwrap_or(chars.len());
        raw.push('e');
        raw.extend(&chars[at + 1..end]);
        at = end;
    }
    (raw, at)
}

/// What a number written so may be, the likelier first, and whether it was measured.
fn readings(raw: &str) -> (Vec<f64>, bool) {
    let (mantissa, power) = raw.split_once('e').map_or((raw, None), |(mantissa, power)| (mantissa, Some(power)));
    let plain: String = mantissa.chars().filter(|c| !matches!(c, '_' | '\'')).collect();
    let grouped = |mark: char| {
        let parts: Vec<&str> = plain.split(mark).collect();
        parts.len() > 1
            && parts[parts.len() - 1].len() == 3
            && parts[1..].iter().all(|part| (2..=3).contains(&part.len()))
            && parts[0].len() <= 3
            && parts[0] != "0"
    };
    let (comma, dot) = (plain.contains(','), plain.contains('.'));
    let texts: Vec<String> = match (comma, dot) {
        (true, true) if plain.rfind(',') > plain.rfind('.') => vec![plain.replace('.', "").replace(',', ".")],
        (true, true) => vec![plain.replace(',', "")],
        (true, false) if grouped(',') => vec![plain.replace(',', "")],
        (true, false) => vec![plain.replacen(',', ".", 1)],
        (false, true) if grouped('.') && plain.matches('.').count() > 1 => vec![plain.replace('.', "")],
        (false, true) if grouped('.') => vec![plain.clone(), plain.replace('.', "")],
        _ => vec![plain.clone()],
    };
    let exponent = power.map_or_else(String::new, |power| format!("e{power}"));
    let values: Vec<f64> = texts.iter().filter_map(|text| format!("{text}{exponent}").parse().ok()).collect();
    let measured = power.is_some() || texts.first().is_some_and(|text| text.contains('.'));
    (values, measured)
}

fn word(tokens: &[Token], at: usize) -> Option<String> {
    match tokens.get(at)? {
        Token::Word { text, .. } => Some(text.to_lowercase()),
        _ => None,
    }
}

fn sign(tokens: &[Token], at: usize, wanted: &[char]) -> bool {
    matches!(tokens.get(at), Some(Token::Sign(c)) if wanted.contains(c))
}

fn whole(tokens: &[Token], at: usize) -> Option<f64> {
    match tokens.get(at)? {
        Token::Number { values, measured: false, .. } => values.first().copied(),
        _ => None,
    }
}

/// The number that begins at `at`, without its unit, and where it ends.
fn number(tokens: &[Token], at: usize) -> Option<(Quantity, usize)> {
    let quantity = |values, measured, as_word| Quantity { values, unit: None, measured, before_christ: None, as_word };
    let Some(Token::Number { values, measured, .. }) = tokens.get(at) else {
        let (value, next) = super::numeral::spoken(&|i| word(tokens, at + i), &|i| sign(tokens, at + i, &['-']))?;
        return Some((quantity(vec![value], false, true), at + next));
    };
    let (mut values, mut measured, mut next) = (values.clone(), *measured, at + 1);
    let fraction = |at: usize| {
        let (over, under) = (whole(tokens, at)?, whole(tokens, at + 2)?);
        (sign(tokens, at + 1, &['/', '⁄']) && !sign(tokens, at + 3, &['/', '⁄']) && under != 0.0)
            .then_some(over / under)
    };
    if let Some(value) = fraction(at) {
        (values, next) = (vec![value], at + 3);
    } else if let Some(more) = fraction(at + 1).filter(|more| *more < 1.0) {
        (values, next) = (vec![values.first()? + more], at + 4);
    }
    // "× 10^8", "10^8"
    let times = sign(tokens, next, &['*', '•']) || word(tokens, next).is_some_and(|word| word == "x");
    if times
        && whole(tokens, next + 1) == Some(10.0)
        && let Some((power, end)) = power(tokens, next + 2)
    {
        values = values.iter().map(|value| value * 10f64.powf(power)).collect();
        (measured, next) = (true, end);
    } else if let Some((power, end)) = power(tokens, next) {
        values = values.iter().map(|value| value.powf(power)).collect();
        next = end;
    }
    let open = at == 1 || at > 1 && !matches!(tokens[at - 2], Token::Number { .. } | Token::Word { .. });
    if at > 0 && sign(tokens, at - 1, &['-']) && open
        || at > 0 && word(tokens, at - 1).is_some_and(|word| word == "minus")
    {
        values.iter_mut().for_each(|value| *value = -*value);
    }
    Some((quantity(values, measured, false), next))
}

fn power(tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    if !sign(tokens, at, &['^']) {
        return None;
    }
    let minus = sign(tokens, at + 1, &['-']);
    let at = at + 1 + usize::from(minus);
    let power = whole(tokens, at)?;
    Some((if minus { -power } else { power }, at + 1))
}

/// "thousand", "million" behind a number.
fn scale(tokens: &[Token], mut next: usize, quantity: &mut Quantity) -> usize {
    while let Some(times) = word(tokens, next).and_then(|word| super::numeral::scale(&word)) {
        quantity.values.iter_mut().for_each(|value| *value *= times);
        next += 1;
    }
    let thousands = matches!(tokens.get(next), Some(Token::Word { text, glued: true }) if text == "k");
    if thousands {
        quantity.values.iter_mut().for_each(|value| *value *= 1000.0);
    }
    next + usize::from(thousands)
}

fn ordinal_or_unit(tokens: &[Token], next: usize, quantity: &mut Quantity, reading: Reading) -> (Option<Unit>, usize) {
    let suffix = matches!(tokens.get(next), Some(Token::Word { text, glued: true }) if ["st", "nd", "rd", "th"].contains(&text.to_lowercase().as_str()));
    let behind = next + usize::from(suffix);
    if word(tokens, behind).is_some_and(|word| word.starts_with("centu") || word == "cent") {
        return (Some(Unit::CENTURY), behind + 1);
    }
    if suffix {
        return (Some(Unit::CENTURY), behind);
    }
    let hundreds =
        quantity.values.first().is_some_and(|value| *value >= 100.0 && value % 100.0 == 0.0 && *value < 3000.0);
    if hundreds && matches!(tokens.get(next), Some(Token::Word { text, glued: true }) if text == "s") {
        quantity.values = quantity.values.iter().map(|value| value / 100.0 + 1.0).collect();
        return (Some(Unit::CENTURY), next + 1);
    }
    unit_at(tokens, next, reading).map_or((None, next), |(unit, next)| (Some(unit), next))
}

/// The unit that begins at `at`: "m/s^2", "km per hour", "square metres", "degrees Celsius".
fn unit_at(tokens: &[Token], at: usize, reading: Reading) -> Option<(Unit, usize)> {
    let (mut whole, mut next) = factor(tokens, at, reading)?;
    loop {
        let over = sign(tokens, next, &['/'])
            || word(tokens, next).is_some_and(|word| word == "per" || word == "a" || word == "an");
        let by = sign(tokens, next, &['*']);
        let close = matches!((tokens.get(next - 1), tokens.get(next)), (Some(_), Some(Token::Word { text, .. })) if text.len() <= 2 && text != "in" && text != "a" && sign(tokens, next + 1, &['-', '^']));
        let step = usize::from(over || by);
        if !(over || by || close) {
            return Some((whole, next));
        }
        let Some((other, end)) = factor(tokens, next + step, reading) else { return Some((whole, next)) };
        whole = whole.times(other, if over { -1 } else { 1 });
        next = end;
    }
}

/// One unit with its power.
fn factor(tokens: &[Token], at: usize, reading: Reading) -> Option<(Unit, usize)> {
    let mut at = at;
    if sign(tokens, at, &['°', 'º']) {
        let scale = word(tokens, at + 1).and_then(|word| degrees(&word));
        return Some(scale.map_or((unit("degree")?, at + 1), |scale| (scale, at + 2)));
    }
    if sign(tokens, at, &['%']) {
        return Some((Unit::PERCENT, at + 1));
    }
    if word(tokens, at)? == "per" && word(tokens, at + 1)?.starts_with("cent") {
        return Some((Unit::PERCENT, at + 2));
    }
    let before = match word(tokens, at)?.as_str() {
        "square" | "sq" => 2,
        "cubic" | "cu" => 3,
        _ => 1,
    };
    at += usize::from(before > 1);
    let Some(Token::Word { text, .. }) = tokens.get(at) else { return None };
    let unit = match text.as_str() {
        "C" | "c" if reading == Reading::Temperature => Unit::CELSIUS,
        "F" | "f" if reading == Reading::Temperature => Unit::FAHRENHEIT,
        _ => unit(text)?,
    };
    if text.to_lowercase().starts_with("deg")
        && let Some(scale) = word(tokens, at + 1).and_then(|word| degrees(&word))
    {
        return Some((scale, at + 2));
    }
    let (power, end) = match word(tokens, at + 1).as_deref() {
        Some("squared") => (2, at + 2),
        Some("cubed") => (3, at + 2),
        _ => written_power(tokens, at + 1),
    };
    let power = if before > 1 { before } else { power };
    Some((if power == 1 { unit } else { Unit { dims: [0; 7], factor: 1.0, zero: 0.0 }.times(unit, power) }, end))
}

fn degrees(word: &str) -> Option<Unit> {
    match word {
        "c" => Some(Unit::CELSIUS),
        "f" => Some(Unit::FAHRENHEIT),
        _ => unit(word).filter(|unit| unit.is_temperature()),
    }
}

/// "^2", "2", "-1" right behind a unit.
fn written_power(tokens: &[Token], at: usize) -> (i8, usize) {
    let caret = usize::from(sign(tokens, at, &['^']));
    let minus = usize::from(sign(tokens, at + caret, &['-']));
    let Some(Token::Number { values, glued: true, .. }) = tokens.get(at + caret + minus) else { return (1, at) };
    match values.first() {
        Some(value) if (1.0..=4.0).contains(value) && value.fract() == 0.0 => {
            (if minus == 1 { -(*value as i8) } else { *value as i8 }, at + caret + minus + 1)
        }
        _ => (1, at),
    }
}

/// "BC", "BCE", "AD" behind the number, or "AD" before it.
fn era(tokens: &[Token], at: usize, next: usize) -> (Option<bool>, usize) {
    let joined = |at: usize| -> Option<(String, usize)> {
        let mut letters = word(tokens, at)?;
        let mut end = at + 1;
        while letters.len() < 3 && sign(tokens, end, &['.']) {
            end += 1;
            match word(tokens, end).filter(|word| word.len() == 1) {
                Some(more) => (letters, end) = (letters + &more, end + 1),
                None => break,
            }
        }
        Some((letters, end))
    };
    match joined(next) {
        Some((letters, end)) if letters == "bc" || letters == "bce" => (Some(true), end),
        Some((letters, end)) if letters == "ad" || letters == "ce" => (Some(false), end),
        _ if at > 0 && word(tokens, at - 1).is_some_and(|word| word == "ad") => (Some(false), next),
        _ => (None, next),
    }
}
