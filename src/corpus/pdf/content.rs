//! Runs a page's content and notes every glyph it shows: its text, its place and its size. Lines are passed over, pictures
//! only noted; forms are run as part of the page.

use super::font::Font;
use super::layers::Layers;
use super::matrix::Matrix;
use super::operators::{Operand, Operators};
use super::{FontCache, FontKey, objects};
use compact_str::CompactString;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::rc::Rc;

/// Limits of one page, against files made to exhaust.
const MAX_OPERATIONS: usize = 4_000_000;
const MAX_GLYPHS: usize = 400_000;
const MAX_FORM_DEPTH: usize = 16;
const MAX_STATES: usize = 512;
const MAX_PICTURES: usize = 64;
const MAX_PAGE_BYTES: usize = 128 << 20;

/// A glyph on the page, in points from the page's lower left corner as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    /// Its text: a letter, a ligature's letters, or a space; empty if nothing tells what it means.
    pub(super) text: CompactString,
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
    is_hidden: bool,
}

/// What all pages of a file share while they are read.
pub(super) struct Shared<'a> {
    pub(super) doc: &'a Document,
    pub(super) fonts: FontCache,
    pub(super) layers: Layers,
    /// How many operators and glyphs the rest of the file may have.
    pub(super) work_left: usize,
}

/// The part of the plane that the page shows: from the origin to here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Runs content streams and collects glyphs. Text drawn invisibly counts, since that is how scans carry their text; text
/// beside the page or on a hidden layer does not. Clipping paths are not followed.
pub(super) struct Interpreter<'a, 'b> {
    doc: &'a Document,
    shared: &'b mut Shared<'a>,
    extent: Extent,
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
    /// The pictures that were drawn, once each.
    pub(super) pictures: Vec<ObjectId>,
    /// What could not be read, the first of it.
    pub(super) problem: Option<String>,
}

impl Extent {
    /// Whether any of the glyph lies on the page.
    fn shows(self, glyph: &Glyph) -> bool {
        let within = |a: f64, b: f64, end: f64| a.max(b) > -glyph.size && a.min(b) < end + glyph.size;
        within(glyph.from.0, glyph.to.0, self.width) && within(glyph.from.1, glyph.to.1, self.height)
    }
}

impl<'a, 'b> Interpreter<'a, 'b> {
    /// An empty page whose user space maps to the shown page by `ctm`.
    pub(super) fn new(shared: &'b mut Shared<'a>, ctm: Matrix, extent: Extent) -> Self {
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
            doc: shared.doc,
            shared,
            extent,
            state,
            saved: Vec::new(),
            text_matrix: Matrix::IDENTITY,
            line_matrix: Matrix::IDENTITY,
            marked: Vec::new(),
            running: Vec::new(),
            num_operations: 0,
            num_bytes: 0,
            glyphs: Vec::new(),
            pictures: Vec::new(),
            problem: None,
        }
    }

    /// Runs one content stream's bytes with the resources it names things from.
    pub(super) fn run(&mut self, bytes: &[u8], resources: Option<&'a Dictionary>) {
        self.num_bytes += bytes.len();
        if self.num_bytes > MAX_PAGE_BYTES {
            return self.note(format!("the content is larger than {MAX_PAGE_BYTES} bytes"));
        }
        let mut operators = Operators::new(bytes);
        while let Some((operator, operands)) = operators.next() {
            self.num_operations += 1;
            if self.num_operations > MAX_OPERATIONS || self.glyphs.len() > MAX_GLYPHS {
                return self.note("the page has too much content; the rest of it is left out".into());
            }
            if self.shared.work_left == 0 {
                return self.note("the file has too much content; the rest of it is left out".into());
            }
            self.shared.work_left -= 1;
            self.operate(operator, operands, resources);
        }
        if operators.is_cut_short {
            self.note("the content breaks off in a picture".into());
        }
    }

    fn note(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn operate(&mut self, operator: &[u8], operands: &[Operand], resources: Option<&'a Dictionary>) {
        let number = |index: usize| operands.get(index).and_then(Operand::number).unwrap_or(0.0);
        match operator {
            b"q" if self.saved.len() < MAX_STATES => self.saved.push(self.state.clone()),
            b"Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            b"cm" => self.state.ctm = matrix(operands).map_or(self.state.ctm, |m| m.then(self.state.ctm)),
            b"BT" => (self.text_matrix, self.line_matrix) = (Matrix::IDENTITY, Matrix::IDENTITY),
            b"Tc" => self.state.char_spacing = number(0),
            b"Tw" => self.state.word_spacing = number(0),
            b"Tz" => self.state.horizontal = number(0) / 100.0,
            b"TL" => self.state.leading = number(0),
            b"Ts" => self.state.rise = number(0),
            b"Tf" => {
                self.state.size = number(1);
                self.state.font = operands.first().and_then(Operand::name).and_then(|n| self.font(n, resources));
            }
            b"Td" => self.next_line(number(0), number(1)),
            b"TD" => {
                self.state.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            b"Tm" => {
                if let Some(matrix) = matrix(operands) {
                    (self.text_matrix, self.line_matrix) = (matrix, matrix);
                }
            }
            b"T*" => self.next_line(0.0, -self.state.leading),
            b"Tj" => self.show(operands.first()),
            b"'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.first());
            }
            b"\"" => {
                (self.state.word_spacing, self.state.char_spacing) = (number(0), number(1));
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2));
            }
            b"TJ" => self.show_parts(operands.first()),
            b"gs" => self.set_graphics(operands, resources),
            b"Do" => self.draw(operands, resources),
            b"BMC" | b"BDC" => self.begin_marked(operands, resources),
            b"EMC" => self.end_marked(),
            _ => {}
        }
    }

    /// The font that the resources call `name`.
    fn font(&mut self, name: &[u8], resources: Option<&'a Dictionary>) -> Option<Rc<Font>> {
        let fonts = objects::dict(self.doc, resources?, b"Font")?;
        let key = FontKey::of(fonts.get(name).ok()?);
        if let Some(font) = self.shared.fonts.get(&key) {
            return Some(Rc::clone(font));
        }
        let font = Rc::new(Font::load(self.doc, objects::dict(self.doc, fonts, name)?));
        self.shared.fonts.insert(key, Rc::clone(&font));
        Some(font)
    }

    /// `gs`: of all that a graphics state may set, only the font matters here.
    fn set_graphics(&mut self, operands: &[Operand], resources: Option<&'a Dictionary>) {
        let doc = self.doc;
        let set = || {
            let states = objects::dict(doc, resources?, b"ExtGState")?;
            objects::array(doc, objects::dict(doc, states, operands.first()?.name()?)?, b"Font")
        };
        let Some([font, size]) = set() else { return };
        let Some(dict) = objects::resolve(doc, font).and_then(objects::as_dict) else { return };
        let loaded = self.shared.fonts.entry(FontKey::of(font)).or_insert_with(|| Rc::new(Font::load(doc, dict)));
        self.state.font = Some(Rc::clone(loaded));
        self.state.size = size.as_float().map_or(self.state.size, f64::from);
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line_matrix = Matrix::shift(x, y).then(self.line_matrix);
        self.text_matrix = self.line_matrix;
    }

    fn show_parts(&mut self, parts: Option<&Operand>) {
        let Some(Operand::Array(parts)) = parts else { return self.show(parts) };
        for part in parts {
            match part {
                Operand::Number(number) => {
                    let back = -number / 1000.0 * self.state.size;
                    match self.state.font.as_ref().is_some_and(|font| font.vertical) {
                        true => self.move_pen(0.0, back),
                        false => self.move_pen(back * self.state.horizontal, 0.0),
                    }
                }
                _ => self.show(Some(part)),
            }
        }
    }

    fn move_pen(&mut self, x: f64, y: f64) {
        self.text_matrix = Matrix::shift(x, y).then(self.text_matrix);
    }

    fn show(&mut self, string: Option<&Operand>) {
        let (Some(Operand::Text(bytes)), Some(font)) = (string, self.state.font.clone()) else { return };
        let mut bytes = bytes.as_ref();
        let is_hidden = self.marked.iter().any(|marked| marked.is_hidden);
        while !bytes.is_empty() && self.glyphs.len() <= MAX_GLYPHS {
            let code = font.next_code(bytes);
            self.shared.work_left = self.shared.work_left.saturating_sub(1);
            bytes = &bytes[code.num_bytes.clamp(1, bytes.len())..];
            let state = &self.state;
            let map = self.text_matrix.then(state.ctm);
            let shown = font.shown(code);
            let advance = shown.advance * state.size;
            let mut spacing = state.char_spacing;
            if code.num_bytes == 1 && code.value == 32 {
                spacing += state.word_spacing;
            }
            let (step, forward, up) = match font.vertical {
                true => ((0.0, -advance), (0.0, -1.0), (1.0, 0.0)),
                false => ((advance * state.horizontal, 0.0), (1.0, 0.0), (0.0, 1.0)),
            };
            if map.is_sane() && !is_hidden {
                let (dx, dy) = map.turn(forward.0, forward.1);
                let (ux, uy) = map.turn(up.0, up.1);
                let length = dx.hypot(dy).max(1e-9);
                let sign = if state.size * state.horizontal < 0.0 { -1.0 } else { 1.0 };
                let glyph = Glyph {
                    text: shown.text,
                    from: map.apply(0.0, state.rise),
                    to: map.apply(step.0, step.1 + state.rise),
                    direction: (sign * dx / length, sign * dy / length),
                    size: (ux.hypot(uy) * state.size.abs() * font.em).max(0.1),
                    bold: font.bold,
                    italic: font.italic,
                    face: font.face,
                    mono: font.mono,
                };
                if self.extent.shows(&glyph) {
                    self.glyphs.push(glyph);
                }
            }
            match font.vertical {
                true => self.move_pen(0.0, step.1 - spacing),
                false => self.move_pen(step.0 + spacing * self.state.horizontal, 0.0),
            }
        }
    }

    /// Runs a form; pictures are only noted.
    fn draw(&mut self, operands: &[Operand], resources: Option<&'a Dictionary>) {
        let doc = self.doc;
        let Some(name) = operands.first().and_then(Operand::name) else { return };
        let Some(forms) = resources.and_then(|r| objects::dict(doc, r, b"XObject")) else { return };
        let (Some(id), Some(Object::Stream(form))) = (objects::reference(forms, name), objects::get(doc, forms, name))
        else {
            return;
        };
        if form.dict.get(b"OC").is_ok_and(|group| self.shared.layers.hides(doc, group)) {
            return;
        }
        match objects::name(doc, &form.dict, b"Subtype") {
            Some(b"Form") if !self.running.contains(&id) => {}
            Some(b"Image") if self.pictures.len() < MAX_PICTURES && !self.pictures.contains(&id) => {
                return self.pictures.push(id);
            }
            _ => return,
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

    fn begin_marked(&mut self, operands: &[Operand], resources: Option<&'a Dictionary>) {
        let doc = self.doc;
        let named = |name: &[u8]| objects::dict(doc, resources?, b"Properties")?.get(name).ok();
        let (properties, group) = match operands.get(1) {
            Some(Operand::Dictionary(dict)) => (Some(dict), None),
            Some(Operand::Name(name)) => {
                let object = named(name);
                (object.and_then(|object| objects::resolve(doc, object)).and_then(objects::as_dict), object)
            }
            _ => (None, None),
        };
        let is_layer = operands.first().and_then(Operand::name) == Some(b"OC");
        let is_hidden = is_layer && group.is_some_and(|group| self.shared.layers.hides(doc, group));
        let text = properties.and_then(|properties| objects::text_as_is(doc, properties, b"ActualText"));
        if self.marked.len() < MAX_STATES {
            self.marked.push(Marked { text, first_glyph: self.glyphs.len(), is_hidden });
        }
    }

    /// The text that stands for a sequence's glyphs takes their place, if they are on one line.
    fn end_marked(&mut self) {
        let Some(Marked { text: Some(text), first_glyph, .. }) = self.marked.pop() else { return };
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

fn matrix(operands: &[Operand]) -> Option<Matrix> {
    let mut numbers = [0.0; 6];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = operands.get(index)?.number()?;
    }
    Some(Matrix(numbers))
}
