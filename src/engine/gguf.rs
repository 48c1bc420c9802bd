//! GGUF files: header, metadata and tensors, read leniently (any integer type where an integer is meant) and checked
//! first: alignment, counts, shapes and the file's length. Knows no architecture.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Reading the header is ours because candle's
//! reader stops at alignment 0 with a panic and cannot name a tensor of a type it does not know.

use super::error::{EngineError, Place as _};
use candle_core::quantized::gguf_file::TensorInfo;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Shape};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest key or tensor name, and most dimensions, that a sane file has.
const MAX_NAME_BYTES: u64 = 65_535;
const MAX_DIMS: u32 = 4;
/// Deepest array in an array.
const MAX_DEPTH: usize = 4;

/// A metadata value; arrays keep one Rust type for all number widths.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Any integer type.
    Int(i64),
    /// f32 or f64.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A string; invalid UTF-8 is replaced.
    Text(String),
    /// Any array.
    Array(Vec<Value>),
}

impl Value {
    fn describe(&self) -> String {
        match self {
            Self::Int(v) => v.to_string(),
            Self::Float(v) => v.to_string(),
            Self::Bool(v) => v.to_string(),
            Self::Text(v) => format!("{:?}", v.chars().take(60).collect::<String>()),
            Self::Array(v) => format!("an array of {}", v.len()),
        }
    }
}

/// Metadata by key, with getters that say what they expected.
#[derive(Debug, Default)]
pub(crate) struct Metadata(HashMap<String, Value>);

impl Metadata {
    fn bad(key: &str, expected: &str, got: &Value) -> EngineError {
        EngineError::Key { key: key.into(), expected: expected.into(), got: got.describe() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// A count or size, `None` where the key is not there.
    pub(crate) fn count(&self, key: &str) -> Result<Option<usize>, EngineError> {
        let value = match self.0.get(key) {
            None => return Ok(None),
            // Some writers give one value per layer; all equal is the same as one.
            Some(Value::Array(all)) if all.first().is_some_and(|first| all.iter().all(|v| v == first)) => &all[0],
            Some(value) => value,
        };
        match value {
            Value::Int(v) => usize::try_from(*v).ok().filter(|v| *v <= u32::MAX as usize).map(Some),
            _ => None,
        }
        .ok_or_else(|| Self::bad(key, "one whole number of at most 32 bits", value))
    }

    /// A count or size that must be there and not be 0.
    pub(crate) fn need_count(&self, key: &str) -> Result<usize, EngineError> {
        match self.count(key)? {
            None => Err(EngineError::MissingKey { key: key.into() }),
            Some(0) => Err(Self::bad(key, "at least 1", &Value::Int(0))),
            Some(value) => Ok(value),
        }
    }

    /// A finite number, `None` where the key is not there.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>, EngineError> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Float(v)) if v.is_finite() => Ok(Some(*v)),
            Some(Value::Int(v)) => Ok(Some(*v as f64)),
            Some(other) => Err(Self::bad(key, "a finite number", other)),
        }
    }

    /// A truth value, `None` where the key is not there.
    pub(crate) fn truth(&self, key: &str) -> Result<Option<bool>, EngineError> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Bool(v)) => Ok(Some(*v)),
            Some(Value::Int(v @ (0 | 1))) => Ok(Some(*v == 1)),
            Some(other) => Err(Self::bad(key, "true or false", other)),
        }
    }

    /// A text, `None` where the key is not there.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, EngineError> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Text(v)) => Ok(Some(v)),
            Some(other) => Err(Self::bad(key, "a text", other)),
        }
    }

    /// An array of texts that must be there.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&str>, EngineError> {
        self.array(key)?
            .iter()
            .map(|v| match v {
                Value::Text(text) => Ok(text.as_str()),
                other => Err(Self::bad(key, "an array of texts", other)),
            })
            .collect()
    }

    /// An array of whole numbers that must be there.
    pub(crate) fn ints(&self, key: &str) -> Result<Vec<i64>, EngineError> {
        self.array(key)?
            .iter()
            .map(|v| match v {
                Value::Int(int) => Ok(*int),
                other => Err(Self::bad(key, "an array of whole numbers", other)),
            })
            .collect()
    }

    fn array(&self, key: &str) -> Result<&[Value], EngineError> {
        match self.0.get(key) {
            None => Err(EngineError::MissingKey { key: key.into() }),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(Self::bad(key, "an array", other)),
        }
    }
}

/// A tensor's entry in the table.
#[derive(Debug)]
struct Entry {
    dtype: GgmlDType,
    /// Rows first, as candle has it (the file has it the other way round).
    dims: Vec<usize>,
    /// From the start of the tensor data.
    offset: u64,
}

/// An open file whose header is read and whose length is known to suffice.
#[derive(Debug)]
pub(crate) struct Gguf {
    file: BufReader<File>,
    pub(crate) file_bytes: u64,
    pub(crate) metadata: Metadata,
    tensors: BTreeMap<String, Entry>,
    data_offset: u64,
    taken: BTreeSet<String>,
    /// Bytes of tensors read so far.
    pub(crate) read_bytes: Arc<AtomicU64>,
}

impl Gguf {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Not readable, not GGUF, of a version, byte order or tensor type that is not supported, or cut short.
    pub(crate) fn open(path: &Path) -> Result<Self, EngineError> {
        let file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        let mut reader = HeaderReader { file: BufReader::new(file), at: 0, file_bytes };
        let (metadata, tensors) = reader.header()?;
        let alignment = match metadata.count("general.alignment")? {
            None => 32,
            Some(value) if value.is_power_of_two() => value as u64,
            Some(value) => {
                let key = "general.alignment".into();
                return Err(EngineError::Key { key, expected: "a power of two".into(), got: value.to_string() });
            }
        };
        let data_offset = reader.at.next_multiple_of(alignment);
        let gguf = Self {
            file: reader.file,
            file_bytes,
            metadata,
            tensors,
            data_offset,
            taken: BTreeSet::new(),
            read_bytes: Arc::default(),
        };
        gguf.check_length()?;
        Ok(gguf)
    }

    /// Every tensor's bytes must lie inside the file, before one of them is read.
    fn check_length(&self) -> Result<(), EngineError> {
        for (name, entry) in &self.tensors {
            let block = entry.dtype.block_size();
            let elements = entry.dims.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
            let row = entry.dims.last().copied().unwrap_or(1);
            let bytes = elements
                .filter(|_| row.is_multiple_of(block))
                .and_then(|elements| (elements / block).checked_mul(entry.dtype.type_size()));
            let Some(end) =
                bytes.and_then(|bytes| self.data_offset.checked_add(entry.offset)?.checked_add(bytes as u64))
            else {
                let what = format!("tensor {name} of type {:?} and shape {:?}", entry.dtype, entry.dims);
                return Err(EngineError::unsupported(what));
            };
            if end > self.file_bytes {
                let what = format!("tensor {name}");
                return Err(EngineError::Truncated { what, needed: end, found: self.file_bytes });
            }
        }
        Ok(())
    }

    /// Whether the table has a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Rows first; `None` where there is no such tensor.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|entry| entry.dims.as_slice())
    }

    /// The types of all tensors.
    pub(crate) fn dtypes(&self) -> impl Iterator<Item = GgmlDType> {
        self.tensors.values().map(|entry| entry.dtype)
    }

    /// Reads a tensor of exactly this shape.
    ///
    /// # Errors
    /// It is not there, of another shape, or cannot be read.
    pub(crate) fn tensor(&mut self, name: &str, shape: &[usize], device: &Device) -> Result<QTensor, EngineError> {
        let entry = self.tensors.get(name).ok_or_else(|| EngineError::MissingTensor { name: name.into() })?;
        if entry.dims != shape {
            let (expected, got) = (shape.to_vec(), entry.dims.clone());
            return Err(EngineError::Shape { name: name.into(), expected, got });
        }
        let info = TensorInfo { ggml_dtype: entry.dtype, shape: Shape::from(entry.dims.clone()), offset: entry.offset };
        let tensor = info.read(&mut self.file, self.data_offset, device).place(|| format!("reading tensor {name}"))?;
        self.taken.insert(name.to_owned());
        self.read_bytes.fetch_add(tensor.storage_size_in_bytes() as u64, Ordering::Relaxed);
        Ok(tensor)
    }

    /// Type of most weights, by its usual name, and the number of all weights.
    pub(crate) fn weights(&self) -> (String, u64) {
        let mut by_type: BTreeMap<String, u64> = BTreeMap::new();
        for entry in self.tensors.values() {
            let count = entry.dims.iter().product::<usize>() as u64;
            *by_type.entry(format!("{:?}", entry.dtype)).or_default() += count;
        }
        let most = by_type.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone()).unwrap_or_default();
        // candle writes Q4K where everyone else writes Q4_K.
        let name = match most.strip_suffix('K') {
            Some(bits) => format!("{bits}_K"),
            None => most,
        };
        (name, by_type.values().sum())
    }

    /// The first tensor that was never read: a part of the model that would be left out.
    pub(crate) fn untouched(&self) -> Option<&str> {
        self.tensors.keys().find(|name| !self.taken.contains(*name)).map(String::as_str)
    }
}

/// Reads the header front to back, never past the file's end.
struct HeaderReader {
    file: BufReader<File>,
    at: u64,
    file_bytes: u64,
}

type Header = (Metadata, BTreeMap<String, Entry>);

impl HeaderReader {
    fn bad<T>(&self, reason: impl Into<String>) -> Result<T, EngineError> {
        Err(EngineError::Gguf { offset: self.at, reason: reason.into() })
    }

    /// Fails where fewer than `bytes` bytes are left, so that no length in the file can make us allocate more.
    fn expect(&self, bytes: u64) -> Result<(), EngineError> {
        let needed = self.at.saturating_add(bytes);
        if needed > self.file_bytes {
            return Err(EngineError::Truncated { what: "the header".into(), needed, found: self.file_bytes });
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], EngineError> {
        self.expect(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, EngineError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, EngineError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn text(&mut self) -> Result<String, EngineError> {
        let length = self.u64()?;
        self.expect(length)?;
        let mut bytes = vec![0; length as usize];
        self.file.read_exact(&mut bytes)?;
        self.at += length;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    fn name(&mut self, what: &str) -> Result<String, EngineError> {
        let start = self.at;
        let length = self.u64()?;
        if length > MAX_NAME_BYTES {
            return self.bad(format!("the name of a {what} of {length} bytes"));
        }
        self.file.seek(SeekFrom::Start(start))?;
        self.at = start;
        self.text()
    }

    fn header(&mut self) -> Result<Header, EngineError> {
        if self.file_bytes < 4 || &self.bytes::<4>()? != b"GGUF" {
            return Err(EngineError::Gguf { offset: 0, reason: "it does not begin with GGUF".into() });
        }
        match self.u32()? {
            2 | 3 => {}
            version if version.swap_bytes() <= 3 => {
                return Err(EngineError::unsupported("a big-endian GGUF file"));
            }
            version => {
                return Err(EngineError::unsupported_but(format!("GGUF version {version}"), "versions 2 and 3 are"));
            }
        }
        let (num_tensors, num_keys) = (self.u64()?, self.u64()?);
        let mut metadata = HashMap::new();
        for _ in 0..num_keys {
            let key = self.name("key")?;
            let kind = self.u32()?;
            let value = self.value(kind, 0)?;
            metadata.insert(key, value);
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..num_tensors {
            let name = self.name("tensor")?;
            let entry = self.entry(&name)?;
            if tensors.insert(name.clone(), entry).is_some() {
                return self.bad(format!("tensor {name} is there twice"));
            }
        }
        Ok((Metadata(metadata), tensors))
    }

    fn entry(&mut self, name: &str) -> Result<Entry, EngineError> {
        let num_dims = self.u32()?;
        if num_dims > MAX_DIMS {
            return self.bad(format!("tensor {name} has {num_dims} dimensions, at most {MAX_DIMS} are expected"));
        }
        let mut dims = Vec::new();
        for _ in 0..num_dims {
            let dim = self.u64()?;
            match usize::try_from(dim) {
                Ok(dim) => dims.insert(0, dim),
                Err(_) => return self.bad(format!("tensor {name} has a dimension of {dim}")),
            }
        }
        let number = self.u32()?;
        let Some(dtype) = dtype(number) else {
            let what = format!("tensor {name}: its type {} (number {number})", type_name(number));
            return Err(EngineError::unsupported_but(what, "take a Q4_0 to Q8_0, Q2_K to Q6_K, F16 or F32 file"));
        };
        Ok(Entry { dtype, dims, offset: self.u64()? })
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<Value, EngineError> {
        Ok(match kind {
            0 => Value::Int(self.bytes::<1>()?[0].into()),
            1 => Value::Int(i8::from_le_bytes(self.bytes()?).into()),
            2 => Value::Int(u16::from_le_bytes(self.bytes()?).into()),
            3 => Value::Int(i16::from_le_bytes(self.bytes()?).into()),
            4 => Value::Int(self.u32()?.into()),
            5 => Value::Int(i32::from_le_bytes(self.bytes()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.bytes()?).into()),
            7 => Value::Bool(self.bytes::<1>()?[0] != 0),
            8 => Value::Text(self.text()?),
            9 if depth < MAX_DEPTH => {
                let kind = self.u32()?;
                let length = self.u64()?;
                // Every element takes at least a byte, so a length that lies is found before memory is taken for it.
                self.expect(length)?;
                let mut values = Vec::new();
                for _ in 0..length {
                    values.push(self.value(kind, depth + 1)?);
                }
                Value::Array(values)
            }
            9 => return self.bad("arrays nested too deeply"),
            10 => {
                let value = self.u64()?;
                i64::try_from(value).map_or(Value::Float(value as f64), Value::Int)
            }
            11 => Value::Int(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes()?)),
            _ => return self.bad(format!("a value of unknown type {kind}")),
        })
    }
}

fn dtype(number: u32) -> Option<GgmlDType> {
    use GgmlDType as T;
    let known = [
        (0, T::F32),
        (1, T::F16),
        (2, T::Q4_0),
        (3, T::Q4_1),
        (6, T::Q5_0),
        (7, T::Q5_1),
        (8, T::Q8_0),
        (10, T::Q2K),
        (11, T::Q3K),
        (12, T::Q4K),
        (13, T::Q5K),
        (14, T::Q6K),
        (30, T::BF16),
    ];
    known.into_iter().find(|(n, _)| *n == number).map(|(_, dtype)| dtype)
}

/// Names of the types that people meet and candle does not compute.
fn type_name(number: u32) -> &'static str {
    match number {
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        _ => "unknown",
    }
}
