//! The language of content streams: operands, then an operator. What is damaged is skipped and the next operator read, so
//! that one bad byte does not cost the rest of a page; the data of inline pictures is passed over.

use lopdf::{Dictionary, Object, StringFormat};
use std::borrow::Cow;

/// Operands that one operator may have; more are dropped from the front. `scn` takes at most 33.
const MAX_OPERANDS: usize = 64;
/// How deep arrays and dictionaries may nest.
const MAX_DEPTH: usize = 24;
/// How far ahead of a picture's supposed end is looked for what cannot be content.
const LOOK_AHEAD: usize = 10;
/// Decimal places beyond which a number's digits say nothing.
const MAX_DECIMALS: f64 = 1e15;

/// One operand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand<'a> {
    Number(f64),
    Name(Cow<'a, [u8]>),
    Text(Cow<'a, [u8]>),
    Array(Vec<Operand<'a>>),
    Dictionary(Dictionary),
    /// `true`, `false`, `null`.
    Other,
}

impl Operand<'_> {
    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The name, if it is one.
    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    fn into_object(self) -> Object {
        match self {
            Self::Number(number) => Object::Real(number as f32),
            Self::Name(name) => Object::Name(name.into_owned()),
            Self::Text(text) => Object::String(text.into_owned(), StringFormat::Literal),
            Self::Array(items) => Object::Array(items.into_iter().map(Operand::into_object).collect()),
            Self::Dictionary(dictionary) => Object::Dictionary(dictionary),
            Self::Other => Object::Null,
        }
    }
}

/// Reads a content stream operator by operator.
pub(super) struct Operators<'a> {
    bytes: &'a [u8],
    at: usize,
    operands: Vec<Operand<'a>>,
    /// Whether the stream ended within a picture.
    pub(super) is_cut_short: bool,
}

/// What stands next in the stream.
enum Token<'a> {
    Operand(Operand<'a>),
    Word(&'a [u8]),
    /// `]` or `>>` that closes what is open, if something is.
    Close,
}

impl<'a> Operators<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, operands: Vec::new(), is_cut_short: false }
    }

    /// The next operator and its operands; `None` at the end.
    pub(super) fn next(&mut self) -> Option<(&'a [u8], &[Operand<'a>])> {
        self.operands.clear();
        loop {
            match self.token(0)? {
                Token::Operand(operand) => {
                    if self.operands.len() == MAX_OPERANDS {
                        self.operands.remove(0);
                    }
                    self.operands.push(operand);
                }
                Token::Word(b"BI") => {
                    self.skip_picture();
                    self.operands.clear();
                }
                Token::Word(word) => return Some((word, &self.operands)),
                // It closes nothing.
                Token::Close => {}
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !matches!(byte, b'\r' | b'\n')) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn token(&mut self, depth: usize) -> Option<Token<'a>> {
        loop {
            self.skip_space();
            let byte = self.peek()?;
            let next = self.bytes.get(self.at + 1).copied();
            let operand = match byte {
                b'(' => self.literal(),
                b'<' if next == Some(b'<') && depth < MAX_DEPTH => self.dictionary(depth),
                b'<' => self.hexadecimal(),
                b'[' if depth < MAX_DEPTH => self.array(depth),
                b'/' => self.name(),
                b'0'..=b'9' | b'+' | b'-' | b'.' => match self.number() {
                    Some(number) => Operand::Number(number),
                    None => continue,
                },
                b']' => {
                    self.at += 1;
                    return Some(Token::Close);
                }
                b'>' => {
                    self.at += if next == Some(b'>') { 2 } else { 1 };
                    return Some(Token::Close);
                }
                byte if is_delimiter(byte) => {
                    self.at += 1;
                    continue;
                }
                _ => match self.word() {
                    b"true" | b"false" | b"null" => Operand::Other,
                    word => return Some(Token::Word(word)),
                },
            };
            return Some(Token::Operand(operand));
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    /// A number as files write it: `-.5`, `+3`, `4.`, and wrongly `--5`, `1.2.3`, `12-34`, of which the beginning counts.
    fn number(&mut self) -> Option<f64> {
        let (mut sign, mut value, mut scale) = (1.0, 0.0, None);
        let mut num_digits = 0;
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'0'..=b'9' => {
                    num_digits += 1;
                    let decimals = scale.unwrap_or(1.0);
                    if decimals < MAX_DECIMALS {
                        value = value * 10.0 + f64::from(byte - b'0');
                        scale = scale.map(|scale| scale * 10.0);
                    }
                }
                b'.' if scale.is_none() => scale = Some(1.0_f64),
                b'-' if num_digits == 0 => sign = -1.0,
                b'+' if num_digits == 0 => {}
                _ => break,
            }
            self.at += 1;
        }
        // What clings to the number is no operator: `1.2.3`, `12-34`, `5e7`.
        let clings = |byte: u8| matches!(byte, b'.' | b'-' | b'+' | b'0'..=b'9');
        if self.peek().is_some_and(clings) {
            self.word();
        }
        if num_digits == 0 && self.at == start + 1 && self.bytes[start] != b'-' && self.bytes[start] != b'.' {
            return None;
        }
        Some(sign * value / scale.unwrap_or(1.0))
    }

    fn name(&mut self) -> Operand<'a> {
        self.at += 1;
        let raw = self.word();
        if !raw.contains(&b'#') {
            return Operand::Name(Cow::Borrowed(raw));
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match (byte, after) {
                (b'#', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    name.push(hex_digit(*high).unwrap_or(0) << 4 | hex_digit(*low).unwrap_or(0));
                    rest = after;
                }
                _ => name.push(*byte),
            }
        }
        Operand::Name(Cow::Owned(name))
    }

    fn hexadecimal(&mut self) -> Operand<'a> {
        self.at += 1;
        let mut text = Vec::new();
        let mut high = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match (hex_digit(byte), high) {
                (Some(digit), None) => high = Some(digit),
                (Some(digit), Some(first)) => {
                    text.push(first << 4 | digit);
                    high = None;
                }
                (None, _) if byte == b'>' => break,
                (None, _) => {}
            }
        }
        text.extend(high.map(|digit| digit << 4));
        Operand::Text(Cow::Owned(text))
    }

    fn literal(&mut self) -> Operand<'a> {
        self.at += 1;
        let start = self.at;
        let mut open = 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' | b'\r' => {
                    let mut text = self.bytes[start..self.at].to_vec();
                    self.escaped(&mut text, open);
                    return Operand::Text(Cow::Owned(text));
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Operand::Text(Cow::Borrowed(&self.bytes[start..self.at - 1]));
            }
        }
        Operand::Text(Cow::Borrowed(&self.bytes[start..]))
    }

    /// The rest of a literal string that has escapes.
    fn escaped(&mut self, text: &mut Vec<u8>, mut open: usize) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' if open == 1 => return,
                b')' => open -= 1,
                b'\r' => {
                    self.at += usize::from(self.peek() == Some(b'\n'));
                    text.push(b'\n');
                    continue;
                }
                b'\\' => {
                    self.escape(text);
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    code = code * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                text.push((code & 0xFF) as u8);
            }
            byte => text.push(byte),
        }
    }

    fn array(&mut self, depth: usize) -> Operand<'a> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            let before = self.at;
            match self.token(depth + 1) {
                Some(Token::Operand(item)) => items.push(item),
                // The array was never closed: `[(text) TJ`.
                Some(Token::Word(b"TJ" | b"ET" | b"BT" | b"Tf" | b"Td" | b"Tm")) => {
                    self.at = before;
                    break;
                }
                Some(Token::Word(_)) => {}
                Some(Token::Close) | None => break,
            }
        }
        Operand::Array(items)
    }

    fn dictionary(&mut self, depth: usize) -> Operand<'a> {
        self.at += 2;
        let mut dictionary = Dictionary::new();
        let mut key: Option<Vec<u8>> = None;
        loop {
            match self.token(depth + 1) {
                Some(Token::Operand(operand)) => match (key.take(), operand) {
                    (None, Operand::Name(name)) => key = Some(name.into_owned()),
                    (None, _) => {}
                    (Some(key), value) => dictionary.set(key, value.into_object()),
                },
                Some(Token::Word(_)) => {}
                Some(Token::Close) | None => break,
            }
        }
        Operand::Dictionary(dictionary)
    }

    /// Passes over an inline picture: its entries, `ID`, its data and `EI`.
    fn skip_picture(&mut self) {
        loop {
            match self.token(0) {
                Some(Token::Word(b"ID")) => break,
                Some(Token::Word(b"EI")) | None => return,
                Some(_) => {}
            }
        }
        let ends = |at: usize| {
            let rest = &self.bytes[at..];
            let closed = at > 0 && is_space(self.bytes[at - 1]) && rest.get(2).is_none_or(|byte| is_space(*byte));
            let after = rest.iter().skip(2).take(LOOK_AHEAD);
            closed && after.into_iter().all(|byte| is_space(*byte) && *byte != 0 || (0x20..0x7F).contains(byte))
        };
        let found =
            (self.at..self.bytes.len().saturating_sub(1)).find(|at| self.bytes[*at..].starts_with(b"EI") && ends(*at));
        self.is_cut_short |= found.is_none();
        self.at = found.map_or(self.bytes.len(), |at| at + 2);
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 12 | 0)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Operators with their operands, as text.
    fn read(content: &str) -> Vec<String> {
        let mut operators = Operators::new(content.as_bytes());
        let mut found = Vec::new();
        while let Some((operator, operands)) = operators.next() {
            let operands: String = operands.iter().map(|operand| show(operand) + " ").collect();
            found.push(operands + &String::from_utf8_lossy(operator));
        }
        found
    }

    fn show(operand: &Operand) -> String {
        match operand {
            Operand::Number(number) => number.to_string(),
            Operand::Name(name) => format!("/{}", String::from_utf8_lossy(name)),
            Operand::Text(text) => format!("({})", String::from_utf8_lossy(text)),
            Operand::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
            Operand::Dictionary(dictionary) => format!("<<{}>>", dictionary.len()),
            Operand::Other => "null".into(),
        }
    }

    #[test]
    fn operands_are_read_as_written() {
        let cases: &[(&str, &[&str])] = &[
            ("1 -.5 +3. 0.25 re", &["1 -0.5 3 0.25 re"]),
            ("/F1 12 Tf(a)Tj[(b)-20<63 6>]TJ", &["/F1 12 Tf", "(a) Tj", "[(b) -20 (c`)] TJ"]),
            ("(a\\(b\\)(c)\\101\\\nd\\n) Tj T* ' \"", &["(a(b)(c)Ad\n) Tj", "T*", "'", "\""]),
            ("/A#20B gs true n % (no) Tj\n f*", &["/A B gs", "null n", "f*"]),
            ("/Span <</ActualText (x) /N [1 2 <<>>]>> BDC EMC", &["/Span <<2>> BDC", "EMC"]),
        ];
        for (content, expected) in cases {
            assert_eq!(read(content), *expected, "{content}");
        }
    }

    #[test]
    fn damage_costs_no_more_than_itself() {
        let cases: &[(&str, &[&str])] = &[
            ("--5 1.2.3 12-34 Td", &["-5 1.2 12 Td"]),
            (") > ] } (a) Tj", &["(a) Tj"]),
            ("[(a) TJ ET", &["[(a)] TJ", "ET"]),
            ("[(a) garbage 5 (b)] TJ", &["[(a) 5 (b)] TJ"]),
            ("(never closed", &[]),
            ("\u{80}\u{81} q (a) Tj", &["\u{80}\u{81}", "q", "(a) Tj"]),
            ("<</a/b (a) Tj", &[]),
        ];
        for (content, expected) in cases {
            assert_eq!(read(content), *expected, "{content}");
        }
    }

    #[test]
    fn pictures_are_passed_over_whatever_their_data() {
        let cases = [
            "q BI /W 2 /H 2 /CS /G /BPC 8 ID abcd EI Q",
            "q BI /W 4 /H 2 /F /Fl ID a EI\u{1} b\nEI Q",
            "q BI /F [/A85 /Fl] ID <~EI~> \nEI\nQ",
        ];
        for content in cases {
            assert_eq!(read(content), ["q", "Q"], "{content:?}");
        }
        assert_eq!(read("q BI /W 1 ID abc"), ["q"]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_or_loop(bytes: Vec<u8>) {
            let mut operators = Operators::new(&bytes);
            while operators.next().is_some() {}
        }

        #[test]
        fn no_words_panic_or_loop(words in "(\\[|\\]|<<|>>|\\(|\\)|BI |ID |EI |/N |[0-9.+-]{1,4} |Tj |%|\\\\|<){0,60}") {
            let mut operators = Operators::new(words.as_bytes());
            while operators.next().is_some() {}
        }
    }
}
