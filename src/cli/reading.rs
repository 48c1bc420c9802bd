//! Flags of every command that reads books.

use super::CliError;
use crate::corpus::{ReadOptions, Recogniser};
use std::ffi::OsString;

/// How books are read.
#[derive(Debug, clap::Args)]
pub(super) struct ReadingArgs {
    /// Opens protected books
    #[arg(long, value_name = "PASSWORD", env = "LECTERN_BOOK_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Read pages that are only a picture with the `tesseract` of this machine, in this language: `eng`, `eng+fra`
    #[arg(long, value_name = "LANGUAGE", env = "LECTERN_OCR")]
    pub(super) ocr: Option<String>,
}

impl ReadingArgs {
    /// # Errors
    /// Text recognition was asked for and the machine has none, or not in that language.
    pub(super) fn options(&self) -> Result<ReadOptions, CliError> {
        let ocr = self.ocr.as_deref().map(Recogniser::new).transpose()?;
        Ok(ReadOptions { password: self.password.clone(), ocr, ..ReadOptions::default() })
    }

    /// The same as settings for a process of this program.
    pub(super) fn settings(&self) -> Vec<(&'static str, OsString)> {
        let settings = [("LECTERN_BOOK_PASSWORD", &self.password), ("LECTERN_OCR", &self.ocr)];
        settings.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.into()))).collect()
    }
}
