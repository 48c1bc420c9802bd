//! Reads just enough of a GGUF file to know what it is and that it is all there.
//!
//! The format is described in ggml's `docs/gguf.md`: magic, version, counts, key-value pairs, tensor infos, padding to
//! the alignment, tensor data. Every length in a file is checked against what is left of the file before it is believed.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Architectures the engine runs.
const ARCHITECTURES: [&str; 3] = ["llama", "qwen2", "qwen3"];

/// What a GGUF file is, as far as its header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GgufSummary {
    /// `general.architecture`.
    pub architecture: String,
    /// How many tensors it holds.
    pub num_tensors: u64,
}

/// Why a file is not a usable GGUF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// Another kind of file.
    #[error("it begins with {0:?}, not with \"GGUF\"")]
    Magic(String),
    /// A version this program does not know.
    #[error("gguf version {0}; versions 2 and 3 (little-endian) are read")]
    Version(u32),
    /// The file ends before its header says.
    #[error("it ends early: {got} bytes, expected at least {expected}")]
    Truncated {
        /// Bytes the header asks for.
        expected: u64,
        /// Bytes there are.
        got: u64,
    },
    /// A header that contradicts itself.
    #[error("its header is damaged at byte {at}: {what}")]
    Damaged {
        /// Where.
        at: u64,
        /// What is wrong there.
        what: String,
    },
    /// A model the engine cannot run.
    #[error("its architecture is `{0}`; llama, qwen2 and qwen3 can be run")]
    Architecture(String),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads the header of a GGUF file and checks that the tensors it promises fit into the file.
///
/// # Errors
/// If it is no GGUF, ends early, is damaged, or holds an architecture the engine does not run.
pub fn inspect(path: &Path) -> Result<GgufSummary, GgufError> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Reader { input: BufReader::with_capacity(1 << 16, file), at: 0, len }.summary()
}

/// A reader that knows where it is and how much is left.
struct Reader<R> {
    input: R,
    at: u64,
    len: u64,
}

impl<R: Read + Seek> Reader<R> {
    fn summary(&mut self) -> Result<GgufSummary, GgufError> {
        let mut magic = [0; 4];
        let num = self.len.min(4) as usize;
        self.input.read_exact(&mut magic[..num])?;
        if &magic != b"GGUF" {
            return Err(GgufError::Magic(String::from_utf8_lossy(&magic[..num]).into_owned()));
        }
        self.at = 4;
        let version = self.u32()?;
        if !matches!(version, 2 | 3) {
            return Err(GgufError::Version(version));
        }
        let (num_tensors, num_values) = (self.u64()?, self.u64()?);
        let (mut architecture, mut alignment) = (None, 32);
        for _ in 0..num_values {
            let key = self.string()?;
            let kind = self.u32()?;
            match (key.as_str(), kind) {
                ("general.architecture", STRING) => architecture = Some(self.string()?),
                ("general.alignment", U32) => alignment = u64::from(self.u32()?),
                _ => self.skip_value(kind)?,
            }
        }
        if alignment == 0 || !alignment.is_power_of_two() {
            return Err(self.damaged(format!("alignment {alignment} is not a power of two")));
        }
        let data_bytes = self.tensors(num_tensors)?;
        let expected = self.at.next_multiple_of(alignment).saturating_add(data_bytes);
        if expected > self.len {
            return Err(GgufError::Truncated { expected, got: self.len });
        }
        let architecture = architecture.ok_or_else(|| self.damaged("it has no general.architecture".into()))?;
        if !ARCHITECTURES.contains(&architecture.as_str()) {
            return Err(GgufError::Architecture(architecture));
        }
        if num_tensors == 0 {
            return Err(self.damaged("it holds no tensors".into()));
        }
        Ok(GgufSummary { architecture, num_tensors })
    }

    /// Reads the tensor infos; returns where the last tensor ends, counted from the start of the tensor data.
    fn tensors(&mut self, num_tensors: u64) -> Result<u64, GgufError> {
        let mut end = 0_u64;
        for _ in 0..num_tensors {
            let name = self.string()?;
            let num_dims = self.u32()?;
            if num_dims > 8 {
                return Err(self.damaged(format!("tensor `{name}` has {num_dims} dimensions")));
            }
            let mut num_elements = 1_u64;
            for _ in 0..num_dims {
                num_elements = num_elements.saturating_mul(self.u64()?);
            }
            let (kind, offset) = (self.u32()?, self.u64()?);
            let Some((block, block_bytes)) = block_of(kind) else {
                return Err(self.damaged(format!("tensor `{name}` has the unknown type {kind}")));
            };
            if !num_elements.is_multiple_of(block) {
                return Err(self.damaged(format!("tensor `{name}` has {num_elements} numbers in blocks of {block}")));
            }
            end = end.max(offset.saturating_add((num_elements / block).saturating_mul(block_bytes)));
        }
        Ok(end)
    }

    fn skip_value(&mut self, kind: u32) -> Result<(), GgufError> {
        match kind {
            STRING => {
                let bytes = self.u64()?;
                self.skip(bytes)
            }
            ARRAY => {
                let (item, num) = (self.u32()?, self.u64()?);
                match scalar_bytes(item) {
                    Some(bytes) => self.skip(num.saturating_mul(bytes)),
                    None if item == STRING => (0..num).try_for_each(|_| self.skip_value(STRING)),
                    None => Err(self.damaged(format!("an array of type {item}"))),
                }
            }
            _ => match scalar_bytes(kind) {
                Some(bytes) => self.skip(bytes),
                None => Err(self.damaged(format!("a value of the unknown type {kind}"))),
            },
        }
    }

    fn string(&mut self) -> Result<String, GgufError> {
        let bytes = self.u64()?;
        if bytes > 1 << 16 {
            return Err(self.damaged(format!("a name of {bytes} bytes")));
        }
        self.claim(bytes)?;
        let mut text = vec![0; bytes as usize];
        self.input.read_exact(&mut text)?;
        String::from_utf8(text).map_err(|_| self.damaged("a name that is not UTF-8".into()))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), GgufError> {
        self.claim(bytes)?;
        let bytes = i64::try_from(bytes).expect("what is left of a file fits into i64");
        // Seeking inside the buffer costs no system call; most skipped values are short.
        if bytes < 1 << 12 {
            std::io::copy(&mut (&mut self.input).take(bytes as u64), &mut std::io::sink())?;
        } else {
            self.input.seek(SeekFrom::Current(bytes))?;
        }
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        self.claim(4)?;
        let mut bytes = [0; 4];
        self.input.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        self.claim(8)?;
        let mut bytes = [0; 8];
        self.input.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Moves on by `bytes`, or says that the file ends before.
    fn claim(&mut self, bytes: u64) -> Result<(), GgufError> {
        let expected = self.at.saturating_add(bytes);
        if expected > self.len {
            return Err(GgufError::Truncated { expected, got: self.len });
        }
        self.at = expected;
        Ok(())
    }

    fn damaged(&self, what: String) -> GgufError {
        GgufError::Damaged { at: self.at, what }
    }
}

const U32: u32 = 4;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Bytes of a value of a fixed size, by its type number.
fn scalar_bytes(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// Numbers and bytes of one block of a tensor type (`ggml_type`).
fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),      // F32, I32
        1 | 25 | 30 => (1, 2), // F16, I16, BF16
        24 => (1, 1),          // I8
        27 | 28 => (1, 8),     // I64, F64
        2 => (32, 18),         // Q4_0
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        9 => (32, 36),         // Q8_1
        10 => (256, 84),       // Q2_K
        11 => (256, 110),      // Q3_K
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        15 => (256, 292),      // Q8_K
        16 => (256, 66),       // IQ2_XXS
        17 => (256, 74),       // IQ2_XS
        18 => (256, 98),       // IQ3_XXS
        19 => (256, 50),       // IQ1_S
        20 => (32, 18),        // IQ4_NL
        21 => (256, 110),      // IQ3_S
        22 => (256, 82),       // IQ2_S
        23 => (256, 136),      // IQ4_XS
        29 => (256, 56),       // IQ1_M
        _ => return None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Cursor;

    fn text(bytes: &mut Vec<u8>, value: &str) {
        bytes.extend((value.len() as u64).to_le_bytes());
        bytes.extend(value.as_bytes());
    }

    /// A GGUF of one F32 tensor of eight numbers.
    pub(in crate::models) fn tiny(architecture: &str) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend(2_u64.to_le_bytes());
        text(&mut bytes, "tokenizer.ggml.tokens");
        bytes.extend(ARRAY.to_le_bytes());
        bytes.extend(STRING.to_le_bytes());
        bytes.extend(2_u64.to_le_bytes());
        text(&mut bytes, "a");
        text(&mut bytes, "b");
        text(&mut bytes, "general.architecture");
        bytes.extend(STRING.to_le_bytes());
        text(&mut bytes, architecture);
        text(&mut bytes, "output.weight");
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(8_u64.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend([0; 32]);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<GgufSummary, GgufError> {
        Reader { input: Cursor::new(bytes), at: 0, len: bytes.len() as u64 }.summary()
    }

    #[test]
    fn a_whole_file_is_known_and_every_shorter_one_is_not() {
        let bytes = tiny("qwen3");
        let summary = GgufSummary { architecture: "qwen3".into(), num_tensors: 1 };
        assert_eq!(read(&bytes).unwrap(), summary);
        for len in 0..bytes.len() {
            assert!(read(&bytes[..len]).is_err(), "{len} of {} bytes were taken for a whole file", bytes.len());
        }
        let error = read(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
        assert_eq!(error, format!("it ends early: {} bytes, expected at least {}", bytes.len() - 1, bytes.len()));
    }

    #[test]
    fn other_files_are_named() {
        let version = |version: u8| {
            let mut bytes = tiny("llama");
            bytes[4] = version;
            bytes
        };
        for (bytes, says) in [
            (b"PK\x03\x04 a zip file".to_vec(), "it begins with"),
            (b"".to_vec(), "it begins with \"\""),
            (version(1), "gguf version 1"),
            (tiny("bert"), "architecture is `bert`"),
        ] {
            let error = read(&bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{error}\nshould say {says}");
        }
    }

    /// The block sizes of the quantisations, against files that llama.cpp wrote.
    #[test]
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn reference_files_end_where_their_last_tensor_does() {
        let shared = std::env::var_os("LECTERN_SHARED").map(std::path::PathBuf::from);
        let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
        let Ok(entries) = std::fs::read_dir(shared.join("reference")) else {
            eprintln!("skipped: no reference files in {}", shared.display());
            return;
        };
        let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        let mut num = 0;
        for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "gguf")) {
            let bytes = std::fs::read(file).unwrap();
            let summary = read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert!(ARCHITECTURES.contains(&summary.architecture.as_str()));
            // What stands behind the last tensor is at most the padding to the alignment.
            let error = read(&bytes[..bytes.len() - 32]).unwrap_err();
            assert!(matches!(error, GgufError::Truncated { .. }), "{}: {error}", file.display());
            num += 1;
        }
        assert!(num > 0, "the reference folder holds no .gguf");
    }

    proptest::proptest! {
        #[test]
        fn damaged_headers_never_panic(at in 4_usize..200, value: u8) {
            let mut bytes = tiny("llama");
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = read(&bytes);
        }
    }
}
