//! Looking things up in a file that may be wrong anywhere: every answer is an `Option`, references are followed.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

/// How many bytes one stream may decompress to.
pub(super) const MAX_STREAM_BYTES: usize = 64 << 20;

/// What `object` refers to, itself if it is no reference.
pub(super) fn resolve<'a>(doc: &'a Document, object: &'a Object) -> Option<&'a Object> {
    doc.dereference(object).ok().map(|(_, object)| object)
}

/// The value of `key`, references followed.
pub(super) fn get<'a>(doc: &'a Document, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    resolve(doc, dict.get(key).ok()?).filter(|object| !object.is_null())
}

/// The dictionary under `key`; a stream's own dictionary counts.
pub(super) fn dict<'a>(doc: &'a Document, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    as_dict(get(doc, dict, key)?)
}

/// `object` as a dictionary; a stream's own dictionary counts.
pub(super) fn as_dict(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dict) => Some(dict),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// The array under `key`.
pub(super) fn array<'a>(doc: &'a Document, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [Object]> {
    get(doc, dict, key)?.as_array().ok().map(Vec::as_slice)
}

/// The number under `key`.
pub(super) fn number(doc: &Document, dict: &Dictionary, key: &[u8]) -> Option<f64> {
    get(doc, dict, key)?.as_float().ok().map(f64::from)
}

/// The whole number under `key`.
pub(super) fn integer(doc: &Document, dict: &Dictionary, key: &[u8]) -> Option<i64> {
    get(doc, dict, key)?.as_i64().ok()
}

/// The name under `key`.
pub(super) fn name<'a>(doc: &'a Document, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
    get(doc, dict, key)?.as_name().ok()
}

/// The text string under `key` (titles, labels), without control characters and outer white space.
pub(super) fn text(doc: &Document, dict: &Dictionary, key: &[u8]) -> Option<String> {
    Some(text_as_is(doc, dict, key)?.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The text string under `key`, control characters as spaces.
pub(super) fn text_as_is(doc: &Document, dict: &Dictionary, key: &[u8]) -> Option<String> {
    let object = get(doc, dict, key)?;
    let text: String = match object.as_str().ok()? {
        [0xFF, 0xFE, little_endian @ ..] => {
            let units = little_endian.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        bytes => lopdf::decode_text_string(object).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()),
    };
    Some(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// A matrix of six numbers under `key`.
pub(super) fn numbers<const N: usize>(doc: &Document, dict: &Dictionary, key: &[u8]) -> Option<[f64; N]> {
    let array = array(doc, dict, key)?;
    let mut numbers = [0.0; N];
    for (into, object) in numbers.iter_mut().zip(array) {
        *into = f64::from(resolve(doc, object)?.as_float().ok()?);
    }
    (array.len() >= N).then_some(numbers)
}

/// The reference under `key`, as an identity for caches and cycle checks.
pub(super) fn reference(dict: &Dictionary, key: &[u8]) -> Option<ObjectId> {
    dict.get(key).ok()?.as_reference().ok()
}

/// A stream's bytes after its filters, at most `max_bytes` of them.
pub(super) fn stream_bytes(stream: &Stream, max_bytes: usize) -> Result<Vec<u8>, String> {
    stream.get_plain_content_with_limit(max_bytes.min(MAX_STREAM_BYTES)).map_err(|error| error.to_string())
}
