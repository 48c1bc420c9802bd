//! The file's tokenizer: byte-pair encoding built from `tokenizer.ggml.*`. A vocabulary or pre-tokenizer that is not known
//! to be computed exactly is refused by name.

use super::bytes::piece_bytes;
use super::error::EngineError;
use super::gguf::{Gguf, Metadata};
use std::collections::BTreeSet;
use std::path::Path;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, NormalizerWrapper, SplitDelimiterBehavior};

const GPT2_PATTERN: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3_PATTERN: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2_PATTERN: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How text is cut before byte-pair merging, and what belongs to that.
struct Family {
    /// Values of `tokenizer.ggml.pre` that mean exactly this.
    names: &'static [&'static str],
    /// Applied one after the other; every match is a piece of its own.
    patterns: &'static [&'static str],
    /// A piece that is in the vocabulary is taken whole.
    ignore_merges: bool,
    /// Text is composed (NFC) first.
    composes: bool,
    /// Whether a text begins with BOS where the file does not say.
    adds_bos: bool,
}

const FAMILIES: &[Family] = &[
    Family {
        names: &["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "midm-2.0"],
        patterns: &[LLAMA3_PATTERN],
        ignore_merges: true,
        composes: false,
        adds_bos: true,
    },
    Family {
        names: &["smaug-bpe"],
        patterns: &[LLAMA3_PATTERN],
        ignore_merges: false,
        composes: false,
        adds_bos: false,
    },
    Family {
        names: &["qwen2", "deepseek-r1-qwen"],
        patterns: &[QWEN2_PATTERN],
        ignore_merges: false,
        composes: true,
        adds_bos: false,
    },
    Family {
        names: &["gpt-2", "phi-2"],
        patterns: &[GPT2_PATTERN],
        ignore_merges: false,
        composes: false,
        adds_bos: false,
    },
    Family {
        names: &["smollm", "starcoder", "refact", "codeshell"],
        patterns: &[r"\p{N}", GPT2_PATTERN],
        ignore_merges: false,
        composes: false,
        adds_bos: false,
    },
];

/// Control tokens that end an answer, by their text, besides the ones that the metadata names.
const END_TEXTS: &[&str] = &[
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>", "<|end|>", "<end_of_turn>", "</s>",
    "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<reponame>",
];
/// Metadata keys of tokens that end an answer.
const END_KEYS: &[&str] = &["eos_token_id", "eot_token_id", "eom_token_id"];

/// Whether the text of a special token becomes that token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specials {
    /// It does: for text of the operator only.
    Parse,
    /// It stays text: for text of students and books.
    AsText,
}

/// `tokenizer.ggml.token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Part of text, in the byte alphabet.
    Normal,
    /// Steers the model; never text. The unknown token counts as one.
    Control,
    /// Written as it stands and always recognised.
    UserDefined,
    /// Never used.
    Unused,
}

impl Kind {
    fn read(number: i64, id: usize) -> Result<Self, EngineError> {
        Ok(match number {
            1 => Self::Normal,
            2 | 3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            _ => return Err(EngineError::Tokenizer(format!("token {id} has the type {number}, 1 to 5 are expected"))),
        })
    }
}

/// Text to ids and back.
#[derive(Debug)]
pub struct Tokenizer {
    bpe: tokenizers::Tokenizer,
    /// What each id prints; nothing for control tokens.
    pieces: Vec<Box<[u8]>>,
    /// Texts of the control tokens, the longest first.
    specials: Vec<(String, u32)>,
    /// First bytes of the texts in `specials`.
    special_starts: [bool; 256],
    ends: BTreeSet<u32>,
    bos: Option<(u32, String)>,
    eos: Option<(u32, String)>,
    adds_bos: bool,
}

impl Tokenizer {
    /// Reads the tokenizer of a GGUF file, which may hold nothing else.
    ///
    /// # Errors
    /// The file is not readable, or its tokenizer is of a kind that is not computed exactly.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let read = || Self::read(&Gguf::open(path)?.metadata);
        read().map_err(|source| EngineError::Load { path: path.to_owned(), source: Box::new(source) })
    }

    pub(crate) fn read(keys: &Metadata) -> Result<Self, EngineError> {
        let family = family(keys)?;
        let tokens = keys.texts("tokenizer.ggml.tokens")?;
        let kinds = kinds(keys, tokens.len())?;
        let mut specials: Vec<(String, u32)> = (0u32..)
            .zip(tokens.iter().zip(&kinds))
            .filter(|(_, (text, kind))| **kind == Kind::Control && !text.is_empty())
            .map(|(id, (text, _))| ((*text).to_owned(), id))
            .collect();
        specials.sort_by_key(|(text, id)| (std::cmp::Reverse(text.len()), *id));
        let mut special_starts = [false; 256];
        for (text, _) in &specials {
            special_starts[usize::from(text.as_bytes()[0])] = true;
        }
        let piece = |(text, kind): (&&str, &Kind)| match kind {
            Kind::Normal => piece_bytes(text),
            Kind::UserDefined => text.as_bytes().into(),
            Kind::Control | Kind::Unused => Box::default(),
        };
        Ok(Self {
            bpe: byte_pairs(keys, family, &tokens, &kinds)?,
            pieces: tokens.iter().zip(&kinds).map(piece).collect(),
            ends: ends(keys, &specials, tokens.len())?,
            special_starts,
            bos: named_token(keys, "bos_token_id", &tokens)?,
            eos: named_token(keys, "eos_token_id", &tokens)?,
            adds_bos: keys.truth("tokenizer.ggml.add_bos_token")?.unwrap_or(family.adds_bos),
            specials,
        })
    }

    /// The ids of a text, without BOS.
    ///
    /// # Errors
    /// The tokenizer library refuses the text.
    pub fn encode(&self, text: &str, specials: Specials) -> Result<Vec<u32>, EngineError> {
        let mut ids = Vec::new();
        let (mut rest, mut at) = (text, 0);
        while specials == Specials::Parse && at < rest.len() {
            match self.special_at(&rest[at..]) {
                Some((special, id)) => {
                    self.encode_plain(&rest[..at], &mut ids)?;
                    ids.push(id);
                    rest = &rest[at + special.len()..];
                    at = 0;
                }
                None => at += rest[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        self.encode_plain(rest, &mut ids)?;
        Ok(ids)
    }

    /// Appends the ids of a text in which no control token is recognised.
    fn encode_plain(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), EngineError> {
        if !text.is_empty() {
            let encoding =
                self.bpe.encode_fast(text, false).map_err(|error| EngineError::Tokenizer(error.to_string()))?;
            ids.extend_from_slice(encoding.get_ids());
        }
        Ok(())
    }

    /// The longest control token with which the text begins.
    pub(crate) fn special_at(&self, text: &str) -> Option<(&str, u32)> {
        let first = *text.as_bytes().first()?;
        if !self.special_starts[usize::from(first)] {
            return None;
        }
        self.specials.iter().find(|(special, _)| text.starts_with(special.as_str())).map(|(s, id)| (s.as_str(), *id))
    }

    /// The control tokens and their texts.
    pub(crate) fn specials(&self) -> &[(String, u32)] {
        &self.specials
    }

    /// What a token prints: part of a character, nothing for a control token or an id outside the vocabulary.
    #[must_use]
    pub fn piece(&self, id: u32) -> &[u8] {
        self.pieces.get(id as usize).map_or(&[], |piece| piece)
    }

    /// Number of tokens.
    #[must_use]
    pub fn vocab(&self) -> usize {
        self.pieces.len()
    }

    /// Whether this token ends an answer.
    #[must_use]
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// The tokens that end an answer.
    pub(crate) fn ends(&self) -> &BTreeSet<u32> {
        &self.ends
    }

    /// Texts of BOS and EOS, empty where the file names none.
    pub(crate) fn bos_eos_texts(&self) -> (&str, &str) {
        (self.bos.as_ref().map_or("", |(_, text)| text), self.eos.as_ref().map_or("", |(_, text)| text))
    }

    /// Puts BOS first where the model wants it and it is not there.
    pub(crate) fn with_bos(&self, mut ids: Vec<u32>) -> Vec<u32> {
        if let (true, Some((bos, _))) = (self.adds_bos, &self.bos)
            && ids.first() != Some(bos)
        {
            ids.insert(0, *bos);
        }
        ids
    }
}

fn family(keys: &Metadata) -> Result<&'static Family, EngineError> {
    match keys.text("tokenizer.ggml.model")? {
        Some("gpt2") => {}
        Some("llama") => {
            let what = "a sentencepiece vocabulary (tokenizer.ggml.model \"llama\")";
            return Err(EngineError::unsupported_but(what, "byte-pair vocabularies (\"gpt2\") are"));
        }
        Some(other) => {
            let what = format!("tokenizer.ggml.model {other:?}");
            return Err(EngineError::unsupported_but(what, "byte-pair vocabularies (\"gpt2\") are"));
        }
        None => return Err(EngineError::MissingKey { key: "tokenizer.ggml.model".into() }),
    }
    let pre = keys.text("tokenizer.ggml.pre")?.unwrap_or("default");
    FAMILIES.iter().find(|family| family.names.contains(&pre)).ok_or_else(|| {
        let known: Vec<_> = FAMILIES.iter().flat_map(|family| family.names).copied().collect();
        let hint = format!("supported are {}", known.join(", "));
        EngineError::unsupported_but(format!("pre-tokenizer (tokenizer.ggml.pre) {pre:?}"), &hint)
    })
}

fn kinds(keys: &Metadata, num_tokens: usize) -> Result<Vec<Kind>, EngineError> {
    if keys.get("tokenizer.ggml.token_type").is_none() {
        return Ok(vec![Kind::Normal; num_tokens]);
    }
    let numbers = keys.ints("tokenizer.ggml.token_type")?;
    if numbers.len() != num_tokens {
        let got = numbers.len();
        return Err(EngineError::Tokenizer(format!("{num_tokens} tokens, but types of {got}")));
    }
    numbers.into_iter().enumerate().map(|(id, number)| Kind::read(number, id)).collect()
}

/// The merging itself. Control tokens are left out of its vocabulary, so that no text can become one.
fn byte_pairs(
    keys: &Metadata,
    family: &Family,
    tokens: &[&str],
    kinds: &[Kind],
) -> Result<tokenizers::Tokenizer, EngineError> {
    let mut vocab = Vocab::with_capacity(tokens.len());
    let mut control = BTreeSet::new();
    for (id, (token, kind)) in (0u32..).zip(tokens.iter().zip(kinds)) {
        match kind {
            Kind::Control => _ = control.insert(*token),
            // The first of two equal tokens counts.
            _ => _ = vocab.entry((*token).to_owned()).or_insert(id),
        }
    }
    let mut merges = Vec::new();
    for (rank, merge) in keys.texts("tokenizer.ggml.merges")?.into_iter().enumerate() {
        let bad = |why: &str| EngineError::Tokenizer(format!("merge {rank} {merge:?} {why}"));
        // A part may itself begin with a space only in vocabularies outside the byte alphabet, so the first space cuts.
        let (left, right) = merge.split_once(' ').ok_or_else(|| bad("is not two tokens"))?;
        let merged = format!("{left}{right}");
        if [left, right, &merged].iter().all(|token| vocab.contains_key(*token)) {
            merges.push((left.to_owned(), right.to_owned()));
        } else if ![left, right, &merged].iter().any(|token| control.contains(*token)) {
            return Err(bad("names a token that is not there"));
        }
    }
    let failed = |error: tokenizers::Error| EngineError::Tokenizer(error.to_string());
    let bpe = BPE::builder().vocab_and_merges(vocab, merges).ignore_merges(family.ignore_merges);
    let mut tokenizer = tokenizers::Tokenizer::new(bpe.build().map_err(failed)?);
    if family.composes {
        tokenizer.with_normalizer(Some(NormalizerWrapper::NFC(NFC))).map_err(failed)?;
    }
    let mut steps = Vec::new();
    for pattern in family.patterns {
        let pattern = SplitPattern::Regex((*pattern).to_owned());
        steps.push(PreTokenizerWrapper::Split(
            Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(failed)?,
        ));
    }
    steps.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, false)));
    tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
    let user_defined = tokens.iter().zip(kinds).filter(|(_, kind)| **kind == Kind::UserDefined);
    let added = user_defined.map(|(token, _)| AddedToken::from(*token, false).normalized(false));
    tokenizer.add_tokens(added.collect::<Vec<_>>()).map_err(failed)?;
    Ok(tokenizer)
}

fn ends(keys: &Metadata, specials: &[(String, u32)], num_tokens: usize) -> Result<BTreeSet<u32>, EngineError> {
    let by_text = specials.iter().filter(|(text, _)| END_TEXTS.contains(&text.as_str())).map(|(_, id)| *id);
    let mut ends: BTreeSet<u32> = by_text.collect();
    for key in END_KEYS {
        ends.extend(token_id(keys, key, num_tokens)?);
    }
    Ok(ends)
}

fn token_id(keys: &Metadata, name: &str, num_tokens: usize) -> Result<Option<u32>, EngineError> {
    let key = format!("tokenizer.ggml.{name}");
    match keys.count(&key)? {
        Some(id) if id >= num_tokens => {
            let expected = format!("an id below {num_tokens}");
            Err(EngineError::Key { key, expected, got: id.to_string() })
        }
        id => Ok(id.map(|id| id as u32)),
    }
}

fn named_token(keys: &Metadata, name: &str, tokens: &[&str]) -> Result<Option<(u32, String)>, EngineError> {
    Ok(token_id(keys, name, tokens.len())?.map(|id| (id, tokens[id as usize].to_owned())))
}
