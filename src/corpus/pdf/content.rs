//! Runs a page's content and notes every glyph it shows: its text, its place and its size. Pictures and lines are
//! passed over; forms are run as part of the page.

use super::font::Font;
use super::matrix::Matrix;
use super::{FontCache, objects};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::rc::Rc;

/// Limits of one page, against files made to exhaust.
const MAX_OPERATIONS: usize = 4_000_000;
const MAX_GLYPHS: usize = 400_000;
const MAX_FORM_DEPTH: usize = 16;
const MAX_STATES: usize = 512;
const MAX_PAGE_BYTES: usize = 128 << 20;

/// A glyph on the page, in points from the page's lower left corner as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    /// Its text: a letter, a ligature's letters, or a space; empty if nothing tells what it means.
    pub(super) text: Box<str>,
    /// Where the pen stood before it.
    pub(super) from: (f64, f64),
    /// Where the pen stood after it, without extra spacing.
    pub(super) to: (f64, f64),
    /// The direction of writing, of unit length.
    pub(super) direction: (f64, f64),
    /// The font's size on the page.
    pub(super) size: f64,
    /// Whether its font is bold.
    pub(super) bold: bool,
    /// Whether its font is italic.
    pub(super) italic: bool,
    /// Its typeface.
    pub(super) face: u32,
    /// Whether its font is a typewriter's.
    pub(super) mono: bool,
}

/// Text state and graphics state, what `q` saves.
#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    char_spacing: f64,
    word_spacing: f64,
    horizontal: f64,
    leading: f64,
    rise: f64,
}

/// A marked content sequence; with `text`, what its glyphs stand for.
struct Marked {
    text: Option<String>,
    first_glyph: usize,
}

/// Runs content streams and collects glyphs.
pub(super) struct Interpreter<'a> {
    doc: &'a Document,
    fonts: &'a mut FontCache,
    state: State,
    saved: Vec<State>,
    text_matrix: Matrix,
    line_matrix: Matrix,
    marked: Vec<Marked>,
    running: Vec<ObjectId>,
    num_operations: usize,
    num_bytes: usize,
    /// What was shown.
    pub(super) glyphs: Vec<Glyph>,
    /// What could not be read, the first of it.
    pub(super) problem: Option<String>,
}

impl<'a> Interpreter<'a> {
    /// An empty page whose user space maps to the shown page by `ctm`.
    pub(super) fn new(doc: &'a Document, fonts: &'a mut FontCache, ctm: Matrix) -> Self {
        let state = State {
            ctm,
            font: None,
            size: 1.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            horizontal: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        Self {
            doc,
            fonts,
            state,
            saved: Vec::new(),
            text_matrix: Matrix::IDENTITY,
            line_matrix: Matrix::IDENTITY,
            marked: Vec::new(),
            running: Vec::new(),
            num_operations: 0,
            num_bytes: 0,
            glyphs: Vec::new(),
            problem: None,
        }
    }

    /// Runs one content stream's bytes with the resources it names things from.
    pub(super) fn run(&mut self, bytes: &[u8], resources: Option<&'a Dictionary>) {
        self.num_bytes += bytes.len();
        if self.num_bytes > MAX_PAGE_BYTES {
            return self.note(format!("the content is larger than {MAX_PAGE_BYTES} bytes"));
        }
        for operation in Content::decode_iter(bytes) {
            self.num_operations += 1;
            if self.num_operations > MAX_OPERATIONS || self.glyphs.len() > MAX_GLYPHS {
                return self.note("the page has too much content; the rest of it is left out".into());
            }
            match operation {
                Ok(operation) => self.operate(&operation, resources),
                Err(error) => return self.note(format!("the content breaks off: {error}")),
            }
        }
    }

    fn note(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn operate(&mut self, operation: &Operation, resources: Option<&'a Dictionary>) {
        let operands = operation.operands.as_slice();
        let number = |index: usize| operands.get(index).and_then(|o| o.as_float().ok()).map_or(0.0, f64::from);
        match operation.operator.as_str() {
            "q" if self.saved.len() < MAX_STATES => self.saved.push(self.state.clone()),
            "Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            "cm" => self.state.ctm = matrix(operands).map_or(self.state.ctm, |m| m.then(self.state.ctm)),
            "BT" => (self.text_matrix, self.line_matrix) = (Matrix::IDENTITY, Matrix::IDENTITY),
            "Tc" => self.state.char_spacing = number(0),
            "Tw" => self.state.word_spacing = number(0),
            "Tz" => self.state.horizontal = number(0) / 100.0,
            "TL" => self.state.leading = number(0),
            "Ts" => self.state.rise = number(0),
            "Tf" => {
                self.state.size = number(1);
                self.state.font = operands.first().and_then(|o| o.as_name().ok()).and_then(|n| self.font(n, resources));
            }
            "Td" => self.next_line(number(0), number(1)),
            "TD" => {
                self.state.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            "Tm" => {
                if let Some(matrix) = matrix(operands) {
                    (self.text_matrix, self.line_matrix) = (matrix, matrix);
                }
            }
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tj" => self.show(operands.first()),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.first());
            }
            "\"" => {
                (self.state.word_spacing, self.state.char_spacing) = (number(0), number(1));
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2));
            }
            "TJ" => self.show_parts(operands.first()),
            "Do" => self.draw(operands, resources),
            "BMC" | "BDC" => self.begin_marked(operands, resources),
            "EMC" => self.end_marked(),
            _ => {}
        }
    }

    fn font(&mut self, name: &[u8], resources: Option<&'a Dictionary>) -> Option<Rc<Font>> {
        let fonts = objects::dict(self.doc, resources?, b"Font")?;
        let id = objects::reference(fonts, name);
        if let Some(font) = id.and_then(|id| self.fonts.get(&id)) {
            return Some(Rc::clone(font));
        }
        let font = Rc::new(Font::load(self.doc, objects::dict(self.doc, fonts, name)?));
        if let Some(id) = id {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Some(font)
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line_matrix = Matrix::shift(x, y).then(self.line_matrix);
        self.text_matrix = self.line_matrix;
    }

    fn show_parts(&mut self, parts: Option<&Object>) {
        let Some(parts) = parts.and_then(|o| o.as_array().ok()) else { return };
        for part in parts {
            match part.as_float() {
                Ok(number) => {
                    let back = -f64::from(number) / 1000.0 * self.state.size;
                    match self.state.font.as_ref().is_some_and(|font| font.vertical) {
                        true => self.move_pen(0.0, back),
                        false => self.move_pen(back * self.state.horizontal, 0.0),
                    }
                }
                Err(_) => self.show(Some(part)),
            }
        }
    }

    fn move_pen(&mut self, x: f64, y: f64) {
        self.text_matrix = Matrix::shift(x, y).then(self.text_matrix);
    }

    fn show(&mut self, string: Option<&Object>) {
        let (Some(mut bytes), Some(font)) = (string.and_then(|o| o.as_str().ok()), self.state.font.clone()) else {
            return;
        };
        while !bytes.is_empty() && self.glyphs.len() <= MAX_GLYPHS {
            let code = font.next_code(bytes);
            bytes = &bytes[code.num_bytes.clamp(1, bytes.len())..];
            let state = &self.state;
            let map = self.text_matrix.then(state.ctm);
            let advance = font.advance(code) * state.size;
            let mut spacing = state.char_spacing;
            if code.num_bytes == 1 && code.value == 32 {
                spacing += state.word_spacing;
            }
            let (step, forward, up) = match font.vertical {
                true => ((0.0, -advance), (0.0, -1.0), (1.0, 0.0)),
                false => ((advance * state.horizontal, 0.0), (1.0, 0.0), (0.0, 1.0)),
            };
            let mut text = String::new();
            font.text(code, &mut text);
            if map.is_sane() {
                let (dx, dy) = map.turn(forward.0, forward.1);
                let (ux, uy) = map.turn(up.0, up.1);
                let length = dx.hypot(dy).max(1e-9);
                let sign = if state.size * state.horizontal < 0.0 { -1.0 } else { 1.0 };
                self.glyphs.push(Glyph {
                    text: text.into(),
                    from: map.apply(0.0, state.rise),
                    to: map.apply(step.0, step.1 + state.rise),
                    direction: (sign * dx / length, sign * dy / length),
                    size: (ux.hypot(uy) * state.size.abs() * font.em).max(0.1),
                    bold: font.bold,
                    italic: font.italic,
                    face: font.face,
                    mono: font.mono,
                });
            }
            match font.vertical {
                true => self.move_pen(0.0, step.1 - spacing),
                false => self.move_pen(step.0 + spacing * self.state.horizontal, 0.0),
            }
        }
    }

    /// Runs a form; pictures are passed over.
    fn draw(&mut self, operands: &[Object], resources: Option<&'a Dictionary>) {
        let doc = self.doc;
        let Some(name) = operands.first().and_then(|o| o.as_name().ok()) else { return };
        let Some(forms) = resources.and_then(|r| objects::dict(doc, r, b"XObject")) else { return };
        let (Some(id), Some(Object::Stream(form))) = (objects::reference(forms, name), objects::get(doc, forms, name))
        else {
            return;
        };
        if objects::name(doc, &form.dict, b"Subtype") != Some(b"Form") || self.running.contains(&id) {
            return;
        }
        if self.running.len() >= MAX_FORM_DEPTH {
            return self.note(format!("forms are nested more than {MAX_FORM_DEPTH} deep"));
        }
        let bytes = match objects::stream_bytes(form, MAX_PAGE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => return self.note(format!("a form cannot be read: {error}")),
        };
        let (state, saved) = (self.state.clone(), std::mem::take(&mut self.saved));
        let (text_matrix, line_matrix) = (self.text_matrix, self.line_matrix);
        if let Some(matrix) = objects::numbers::<6>(doc, &form.dict, b"Matrix") {
            self.state.ctm = Matrix(matrix).then(self.state.ctm);
        }
        self.running.push(id);
        self.run(&bytes, objects::dict(doc, &form.dict, b"Resources").or(resources));
        self.running.pop();
        (self.state, self.saved, self.text_matrix, self.line_matrix) = (state, saved, text_matrix, line_matrix);
    }

    fn begin_marked(&mut self, operands: &[Object], resources: Option<&'a Dictionary>) {
        let doc = self.doc;
        let properties = match operands.get(1) {
            Some(Object::Dictionary(dict)) => Some(dict),
            Some(Object::Name(name)) => {
                resources.and_then(|r| objects::dict(doc, r, b"Properties")).and_then(|p| objects::dict(doc, p, name))
            }
            _ => None,
        };
        let text = properties.and_then(|properties| objects::text_as_is(doc, properties, b"ActualText"));
        if self.marked.len() < MAX_STATES {
            self.marked.push(Marked { text, first_glyph: self.glyphs.len() });
        }
    }

    /// The text that stands for a sequence's glyphs takes their place, if they are on one line.
    fn end_marked(&mut self) {
        let Some(Marked { text: Some(text), first_glyph }) = self.marked.pop() else { return };
        let Some([first, rest @ ..]) = self.glyphs.get(first_glyph..) else { return };
        let last = rest.last().unwrap_or(first);
        let (dx, dy) = (last.to.0 - first.from.0, last.to.1 - first.from.1);
        let off_line = (dy * first.direction.0 - dx * first.direction.1).abs();
        if off_line < first.size * 0.5 && text.chars().count() <= 4 * (rest.len() + 1) {
            let whole = Glyph { text: text.into(), to: last.to, ..first.clone() };
            self.glyphs.truncate(first_glyph);
            self.glyphs.push(whole);
        }
    }
}

fn matrix(operands: &[Object]) -> Option<Matrix> {
    let mut numbers = [0.0; 6];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = f64::from(operands.get(index)?.as_float().ok()?);
    }
    Some(Matrix(numbers))
}
