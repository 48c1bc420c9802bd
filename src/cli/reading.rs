//! Flags of every command that reads books.

use super::CliError;
use crate::corpus::{ReadOptions, Recogniser};

/// How books are read.
#[derive(Debug, clap::Args)]
pub(super) struct ReadingArgs {
    /// Opens protected books
    #[arg(long, value_name = "PASSWORD", env = "LECTERN_BOOK_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Read pages that are only a picture with the `tesseract` of this machine, in this language: `eng`, `eng+fra`
    #[arg(long, value_name = "LANGUAGE", env = "LECTERN_OCR")]
    ocr: Option<String>,
}

impl ReadingArgs {
    /// # Errors
    /// Text recognition was asked for and the machine has none, or not in that language.
    pub(super) fn options(&self) -> Result<ReadOptions, CliError> {
        let ocr = self.ocr.as_deref().map(Recogniser::new).transpose()?;
        Ok(ReadOptions { password: self.password.clone(), ocr, ..ReadOptions::default() })
    }
}
