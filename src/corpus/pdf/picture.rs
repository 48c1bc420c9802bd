//! Pictures of a file as files of their own, for text recognition: JPEG, JPEG 2000, TIFF or PNM, whichever keeps the data as
//! it is.

use super::objects;
use lopdf::{Dictionary, Document, Object, Stream};

/// Larger pictures are not unpacked: 100 million samples are A4 at 600 dots an inch, in colour.
const MAX_SAMPLE_BYTES: usize = 256 << 20;
/// How many colours a palette may have.
const MAX_COLOURS: usize = 256;

/// The picture as a file that image libraries read.
///
/// # Errors
/// Says in words why the picture cannot be had.
pub(super) fn file(doc: &Document, stream: &Stream) -> Result<Vec<u8>, String> {
    let mut filters = filters(doc, &stream.dict);
    let coded = filters
        .last()
        .filter(|(name, _)| matches!(name.as_slice(), b"DCTDecode" | b"JPXDecode" | b"CCITTFaxDecode" | b"JBIG2Decode"))
        .cloned();
    filters.truncate(filters.len() - usize::from(coded.is_some()));
    let bytes = unpacked(stream, &filters)?;
    match coded {
        None => samples(doc, &stream.dict, &bytes),
        Some((name, _)) if matches!(name.as_slice(), b"DCTDecode" | b"JPXDecode") => Ok(bytes),
        Some((name, parameters)) if name == b"CCITTFaxDecode" => fax(doc, &stream.dict, parameters.as_ref(), &bytes),
        Some(_) => Err("its picture is packed as JBIG2, which is not supported".into()),
    }
}

/// The filters in order with their parameters, short names made long.
fn filters(doc: &Document, dict: &Dictionary) -> Vec<(Vec<u8>, Option<Dictionary>)> {
    let list = |key: &[u8]| match objects::get(doc, dict, key) {
        Some(Object::Array(items)) => items.iter().filter_map(|item| objects::resolve(doc, item)).cloned().collect(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let parameters = list(b"DecodeParms");
    let named = |(index, filter): (usize, Object)| {
        let name = filter.as_name().ok()?.to_vec();
        Some((name, parameters.get(index).and_then(objects::as_dict).cloned()))
    };
    list(b"Filter").into_iter().enumerate().filter_map(named).collect()
}

/// The stream's bytes after these filters only.
fn unpacked(stream: &Stream, filters: &[(Vec<u8>, Option<Dictionary>)]) -> Result<Vec<u8>, String> {
    if filters.is_empty() {
        return Ok(stream.content.clone());
    }
    let mut dict = Dictionary::new();
    dict.set("Filter", Object::Array(filters.iter().map(|(name, _)| Object::Name(name.clone())).collect()));
    let parameters = filters.iter().map(|(_, parameters)| parameters.clone().map_or(Object::Null, Object::Dictionary));
    dict.set("DecodeParms", Object::Array(parameters.collect()));
    let stream = Stream::new(dict, stream.content.clone());
    stream
        .get_plain_content_with_limit(MAX_SAMPLE_BYTES)
        .map_err(|error| format!("its picture cannot be unpacked: {error}"))
}

fn size(doc: &Document, dict: &Dictionary) -> Result<(usize, usize), String> {
    let side = |key: &[u8]| objects::integer(doc, dict, key).and_then(|side| usize::try_from(side).ok());
    match (side(b"Width"), side(b"Height")) {
        (Some(width @ 1..=60_000), Some(height @ 1..=60_000)) => Ok((width, height)),
        sizes => Err(format!("its picture has no usable size ({sizes:?})")),
    }
}

/// Fax data in a TIFF of one strip.
fn fax(doc: &Document, dict: &Dictionary, parameters: Option<&Dictionary>, data: &[u8]) -> Result<Vec<u8>, String> {
    let (_, height) = size(doc, dict)?;
    let integer = |key: &[u8], default: i64| {
        parameters.and_then(|parameters| objects::integer(doc, parameters, key)).unwrap_or(default)
    };
    let black_is_1 =
        parameters.and_then(|p| objects::get(doc, p, b"BlackIs1")).is_some_and(|o| o.as_bool().unwrap_or(false));
    let columns = u32::try_from(integer(b"Columns", 1728)).map_err(|_| "its fax picture has no usable width")?;
    let (compression, options) = match integer(b"K", 0) {
        ..0 => (4, None),
        0 => (3, Some(0)),
        _ => (3, Some(1)),
    };
    let (short, long) = (3_u16, 4_u16);
    // 0: white is zero in the file. The samples mean the opposite where the file says `BlackIs1`.
    let mut entries: Vec<(u16, u16, u32)> = vec![
        (256, long, columns),
        (257, long, height as u32),
        (258, short, 1),
        (259, short, compression),
        (262, short, u32::from(black_is_1)),
        (273, long, 0),
        (277, short, 1),
        (278, long, height as u32),
        (279, long, u32::try_from(data.len()).map_err(|_| "its fax picture is too large")?),
    ];
    entries.extend(options.map(|options| (292, long, options)));
    let start = 8 + 2 + 12 * entries.len() as u32 + 4;
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(if tag == 273 { start } else { value }.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend(data);
    Ok(file)
}

/// How samples become grey or colour.
enum Colours {
    Grey,
    Rgb,
    Cmyk,
    /// Each sample is the place of a colour here: red, green, blue.
    Palette(Vec<[u8; 3]>),
}

impl Colours {
    fn num_samples(&self) -> usize {
        match self {
            Self::Grey | Self::Palette(_) => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }

    fn of(doc: &Document, space: Option<&Object>, depth: usize) -> Option<Self> {
        let space = objects::resolve(doc, space?)?;
        let (name, rest) = match space {
            Object::Name(name) => (name.as_slice(), &[][..]),
            Object::Array(items) => (objects::resolve(doc, items.first()?)?.as_name().ok()?, &items[1..]),
            _ => return None,
        };
        match name {
            b"DeviceGray" | b"CalGray" | b"G" => Some(Self::Grey),
            b"DeviceRGB" | b"CalRGB" | b"RGB" | b"Lab" => Some(Self::Rgb),
            b"DeviceCMYK" | b"CMYK" => Some(Self::Cmyk),
            b"ICCBased" => {
                let profile = objects::as_dict(objects::resolve(doc, rest.first()?)?)?;
                match objects::integer(doc, profile, b"N")? {
                    1 => Some(Self::Grey),
                    3 => Some(Self::Rgb),
                    4 => Some(Self::Cmyk),
                    _ => None,
                }
            }
            b"Indexed" | b"I" if depth == 0 => {
                let base = Self::of(doc, rest.first(), 1)?;
                let table = match objects::resolve(doc, rest.get(2)?)? {
                    Object::String(table, _) => table.clone(),
                    Object::Stream(stream) => objects::stream_bytes(stream, 4 * MAX_COLOURS).ok()?,
                    _ => return None,
                };
                Some(Self::Palette(
                    table.chunks_exact(base.num_samples()).take(MAX_COLOURS).map(|c| base.rgb(c)).collect(),
                ))
            }
            _ => None,
        }
    }

    /// The colour of one pixel's samples, each from 0 to 255.
    fn rgb(&self, samples: &[u8]) -> [u8; 3] {
        match (self, samples) {
            (Self::Rgb, [red, green, blue]) => [*red, *green, *blue],
            (Self::Cmyk, [c, m, y, k]) => [c, m, y].map(|ink| 255 - ink.saturating_add(*k)),
            (Self::Palette(colours), [index]) => colours.get(usize::from(*index)).copied().unwrap_or_default(),
            (_, [grey, ..]) => [*grey; 3],
            _ => [0; 3],
        }
    }
}

/// Plain samples as PNM.
fn samples(doc: &Document, dict: &Dictionary, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (width, height) = size(doc, dict)?;
    let is_mask = objects::get(doc, dict, b"ImageMask").is_some_and(|o| o.as_bool().unwrap_or(false));
    let bits = if is_mask { 1 } else { objects::integer(doc, dict, b"BitsPerComponent").unwrap_or(8) };
    let space = objects::get(doc, dict, b"ColorSpace");
    let colours = if is_mask { Some(Colours::Grey) } else { Colours::of(doc, space, 0) };
    let colours = colours.ok_or("its picture is in colours that are not supported")?;
    let Ok(bits @ (1 | 2 | 4 | 8 | 16)) = usize::try_from(bits) else {
        return Err(format!("its picture has {bits} bits a sample"));
    };
    let decode = objects::numbers::<2>(doc, dict, b"Decode").unwrap_or([0.0, 1.0]);
    let is_inverted = decode[0] > decode[1] && !matches!(colours, Colours::Palette(_));
    let num_samples = width * colours.num_samples();
    let row_bytes = (num_samples * bits).div_ceil(8);
    if row_bytes * height > MAX_SAMPLE_BYTES || 3 * width * height > MAX_SAMPLE_BYTES {
        return Err("its picture is too large".into());
    }
    let is_grey = matches!(colours, Colours::Grey);
    let mut file = format!("{}\n{width} {height}\n255\n", if is_grey { "P5" } else { "P6" }).into_bytes();
    let mut row = vec![0; num_samples];
    for y in 0..height {
        // What the data lacks stays white.
        let data = bytes.get(y * row_bytes..(y + 1) * row_bytes).unwrap_or_default();
        for (index, sample) in row.iter_mut().enumerate() {
            *sample = sample_at(data, index, bits, &colours)
                .map_or(255, |sample| if is_inverted { 255 - sample } else { sample });
        }
        match is_grey {
            true => file.extend(&row),
            false => row.chunks_exact(colours.num_samples()).for_each(|pixel| file.extend(colours.rgb(pixel))),
        }
    }
    Ok(file)
}

/// One sample as 0 to 255; a palette's as it is.
fn sample_at(data: &[u8], index: usize, bits: usize, colours: &Colours) -> Option<u8> {
    if bits >= 8 {
        return data.get(index * bits / 8).copied();
    }
    let byte = data.get(index * bits / 8)?;
    let max = (1_u8 << bits) - 1;
    let sample = byte >> (8 - bits - index * bits % 8) & max;
    Some(if matches!(colours, Colours::Palette(_)) { sample } else { sample * (255 / max) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    #[test]
    fn samples_become_grey_or_colour() {
        let doc = Document::new();
        let palette = Object::Array(vec![
            "Indexed".into(),
            "DeviceRGB".into(),
            1.into(),
            Object::string_literal([1, 2, 3, 4, 5, 6].as_slice()),
        ]);
        let cases: Vec<(Object, i64, Vec<u8>, &[u8])> = vec![
            ("DeviceGray".into(), 1, vec![0b0100_0000], b"P5\n2 1\n255\n\x00\xff"),
            ("DeviceGray".into(), 4, vec![0x0F], b"P5\n2 1\n255\n\x00\xff"),
            ("DeviceRGB".into(), 8, vec![1, 2, 3, 4, 5, 6], b"P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06"),
            ("DeviceCMYK".into(), 8, vec![0, 0, 0, 0, 0, 0, 0, 255], b"P6\n2 1\n255\n\xff\xff\xff\x00\x00\x00"),
            (palette, 1, vec![0b1000_0000], b"P6\n2 1\n255\n\x04\x05\x06\x01\x02\x03"),
            ("DeviceGray".into(), 8, vec![7], b"P5\n2 1\n255\n\xff\xff"),
        ];
        for (space, bits, data, expected) in cases {
            let dict =
                dictionary! { "Width" => 2, "Height" => 1, "ColorSpace" => space.clone(), "BitsPerComponent" => bits };
            let found = file(&doc, &Stream::new(dict, data)).unwrap_or_else(|why| panic!("{space:?}: {why}"));
            assert_eq!(found, expected, "{space:?}");
        }
    }

    #[test]
    fn coded_pictures_keep_their_data_and_fax_gets_a_tiff() {
        let doc = Document::new();
        let coded = |filter: &str| {
            let dict = dictionary! { "Width" => 8, "Height" => 2, "Filter" => filter };
            file(&doc, &Stream::new(dict, b"data".to_vec()))
        };
        assert_eq!(coded("DCTDecode"), Ok(b"data".to_vec()));
        let tiff = coded("CCITTFaxDecode").expect("a file");
        let start = u32::from_le_bytes(*tiff[10 + 12 * 5 + 8..].first_chunk().expect("four bytes")) as usize;
        assert_eq!((&tiff[..4], &tiff[start..]), (b"II*\0".as_slice(), b"data".as_slice()));
        assert!(coded("JBIG2Decode").is_err_and(|why| why.contains("JBIG2")));
        let none = Stream::new(dictionary! { "Width" => 0, "Height" => 2 }, Vec::new());
        assert!(file(&doc, &none).is_err());
    }
}
