//! Composite fonts: codes of one to four bytes lead to character ids, and these to glyphs of one descendant font.

use super::cjk::{Collection, Predefined};
use super::cmap::{Base, CMap};
use super::embedded::Embedded;
use super::font::Code;
use super::objects;
use lopdf::{Dictionary, Document, Object};
use std::collections::HashMap;

/// How many widths one font may list.
const MAX_WIDTHS: usize = 131_072;
/// How many maps may add to each other.
const MAX_MAPS: usize = 4;
/// How much of a map is read.
const MAX_MAP_BYTES: usize = 8 << 20;

/// A Type 0 font with its descendant.
pub(super) struct Composite {
    codes: Codes,
    collection: Option<Collection>,
    embedded: Embedded,
    /// Advances by character id, to the right or downwards.
    widths: HashMap<u32, f64>,
    default_width: f64,
    /// Whether the pen moves down.
    pub(super) vertical: bool,
}

/// How strings split into codes.
enum Codes {
    /// Two bytes are a character id.
    Pairs,
    Embedded(CMap),
    Predefined(Predefined),
}

impl Composite {
    /// Reads what the dictionary and its descendant's say.
    pub(super) fn load(doc: &Document, dict: &Dictionary) -> Self {
        let (codes, vertical) = match objects::get(doc, dict, b"Encoding") {
            Some(Object::Stream(_)) => {
                let map = embedded_map(doc, dict, b"Encoding", MAX_MAPS).unwrap_or_default();
                let encoding = objects::dict(doc, dict, b"Encoding");
                let says = encoding.and_then(|encoding| objects::integer(doc, encoding, b"WMode"));
                let vertical = says.map_or(map.vertical, |mode| mode == 1);
                (Codes::Embedded(map), vertical)
            }
            Some(Object::Name(name)) => {
                let codes = Predefined::named(name).map_or(Codes::Pairs, Codes::Predefined);
                (codes, name.ends_with(b"-V") || name == b"V")
            }
            _ => (Codes::Pairs, false),
        };
        let none = Dictionary::new();
        let descendants = objects::array(doc, dict, b"DescendantFonts").unwrap_or_default();
        let descendant =
            descendants.first().and_then(|d| objects::resolve(doc, d)).and_then(objects::as_dict).unwrap_or(&none);
        let (widths, default_width) = match vertical {
            true => (vertical_advances(doc, descendant), vertical_default(doc, descendant)),
            false => (horizontal_advances(doc, descendant), objects::number(doc, descendant, b"DW").unwrap_or(1000.0)),
        };
        let predefined = match &codes {
            Codes::Pairs => None,
            Codes::Embedded(map) => map.predefined(),
            Codes::Predefined(predefined) => Some(predefined),
        };
        let collection = predefined.and_then(Predefined::collection).or_else(|| {
            let info = objects::dict(doc, descendant, b"CIDSystemInfo")?;
            Collection::named(objects::get(doc, info, b"Ordering")?.as_str().ok()?)
        });
        let embedded = Embedded::new(doc, descendant);
        Self { codes, collection, embedded, widths, default_width, vertical }
    }

    /// The first code of `bytes`, which must not be empty.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Code {
        match &self.codes {
            Codes::Pairs => Code::of(&bytes[..bytes.len().min(2)]),
            Codes::Embedded(map) => map.next_code(bytes),
            Codes::Predefined(map) => map.next_code(bytes),
        }
    }

    /// The character id of `code`.
    pub(super) fn cid(&self, code: Code) -> u32 {
        match &self.codes {
            Codes::Pairs => None,
            Codes::Embedded(map) => map.cid(code),
            Codes::Predefined(map) => map.cid(code),
        }
        .unwrap_or(code.value)
    }

    /// What `code` stands for without its `ToUnicode`.
    pub(super) fn text(&self, code: Code) -> Option<String> {
        let predefined = match &self.codes {
            Codes::Predefined(predefined) => Some(predefined),
            _ => None,
        };
        let cid = self.cid(code);
        predefined
            .and_then(|predefined| predefined.text(code))
            .or_else(|| self.collection?.text(cid))
            .or_else(|| self.embedded.text_of_cid(cid).map(str::to_owned))
    }

    /// How far `code` moves the pen, in thousandths of the font size.
    pub(super) fn width(&self, code: Code) -> f64 {
        self.widths.get(&self.cid(code)).copied().unwrap_or(self.default_width)
    }
}

/// The map in the stream under `key`, with what it adds to.
fn embedded_map(doc: &Document, dict: &Dictionary, key: &[u8], max_maps: usize) -> Option<CMap> {
    let Object::Stream(stream) = objects::get(doc, dict, key)? else { return None };
    let map = CMap::parse(&objects::stream_bytes(stream, MAX_MAP_BYTES).ok()?);
    let base = match objects::get(doc, &stream.dict, b"UseCMap") {
        Some(Object::Name(name)) => Predefined::named(name).map(Base::Predefined),
        Some(Object::Stream(_)) if max_maps > 1 => {
            embedded_map(doc, &stream.dict, b"UseCMap", max_maps - 1).map(Base::Embedded)
        }
        _ => None,
    };
    Some(map.over(base))
}

/// `/W`: one number a glyph.
fn horizontal_advances(doc: &Document, descendant: &Dictionary) -> HashMap<u32, f64> {
    metrics::<1>(doc, descendant, b"W").map(|(cid, [width])| (cid, width)).collect()
}

/// `/W2`: the advance, which is negative as it goes down, and the place of the glyph's origin. The origin only moves the
/// glyph under the pen.
fn vertical_advances(doc: &Document, descendant: &Dictionary) -> HashMap<u32, f64> {
    metrics::<3>(doc, descendant, b"W2").map(|(cid, [advance, ..])| (cid, -advance)).collect()
}

/// `/DW2`: the place of the origin, and the advance.
fn vertical_default(doc: &Document, descendant: &Dictionary) -> f64 {
    objects::numbers::<2>(doc, descendant, b"DW2").map_or(1000.0, |[_, advance]| -advance)
}

/// Lists `first [a b a b]` and ranges `first last a b`, where a glyph has `N` numbers.
fn metrics<const N: usize>(
    doc: &Document,
    descendant: &Dictionary,
    key: &[u8],
) -> impl Iterator<Item = (u32, [f64; N])> + use<N> {
    let number = |object: &Object| objects::resolve(doc, object)?.as_float().ok().map(f64::from);
    let items: Vec<&Object> = objects::array(doc, descendant, key)
        .unwrap_or_default()
        .iter()
        .take(2 * MAX_WIDTHS)
        .filter_map(|object| objects::resolve(doc, object))
        .collect();
    let mut metrics = Vec::new();
    let mut rest = items.as_slice();
    while let [first, second, after @ ..] = rest
        && metrics.len() < MAX_WIDTHS
    {
        let Some(first) = number(first).map(|first| first.max(0.0) as u32) else { break };
        if let Ok(list) = second.as_array() {
            let numbers: Vec<f64> = list.iter().take(N * 0x1_0000).filter_map(number).collect();
            metrics.extend((first..0x11_0000).zip(numbers.as_chunks::<N>().0.iter().copied()));
            rest = after;
        } else {
            let numbers: Vec<f64> = after.iter().take(N).filter_map(|object| number(object)).collect();
            let (Some(last), Ok(numbers)) = (number(second), <[f64; N]>::try_from(numbers)) else { break };
            metrics.extend((first..=(last as u32).min(first.saturating_add(0xFFFF))).map(|cid| (cid, numbers)));
            rest = &after[N..];
        }
    }
    metrics.into_iter()
}
