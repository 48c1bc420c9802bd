//! Codes, tokens, and the hashes of passwords.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;

/// Letters and digits that nobody confuses when they are read aloud or off a screen.
const CODE_LETTERS: &[u8] = b"ABCDEFGHJKMNPQRTUVWXY346789";

/// Letters of a class code.
const CODE_LENGTH: usize = 6;

/// The shortest password a teacher may choose, in characters.
pub const MIN_PASSWORD_CHARS: usize = 8;

fn letters(length: usize) -> String {
    let mut random = rand::rng();
    (0..length).map(|_| char::from(CODE_LETTERS[random.random_range(0..CODE_LETTERS.len())])).collect()
}

/// A new class code.
#[must_use]
pub fn new_class_code() -> String {
    letters(CODE_LENGTH)
}

/// A code as it is compared: typed small, with blanks or dashes.
pub(super) fn read_class_code(typed: &str) -> String {
    typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// A password that can be copied off a screen; about 57 bits.
#[must_use]
pub fn new_password() -> String {
    let groups: Vec<String> = (0..3).map(|_| letters(4).to_lowercase()).collect();
    groups.join("-")
}

/// A token: 256 random bits.
pub(super) fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>())
}

/// A `client_id` that nobody guesses.
pub(super) fn new_client_id() -> String {
    format!("s-{}", URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 12]>()))
}

/// The Argon2id hash of a password or a PIN. Takes tens of milliseconds and 19 MiB on purpose.
#[must_use]
pub fn hash_password(password: &str) -> String {
    let salt = SaltString::encode_b64(&rand::rng().random::<[u8; 16]>()).expect("16 bytes are a salt");
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.expect("the default parameters and a fresh salt are valid").to_string()
}

/// Whether a password is the one of this hash. As slow as hashing.
pub(super) fn is_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_class_code();
        let spaced = format!(" {}-{} ", &code[..3].to_lowercase(), &code[3..]);
        assert_eq!(read_class_code(&spaced), code);
        assert_ne!(new_class_code(), code, "two codes in a row are the same once in 387 million");
    }

    #[test]
    fn only_the_right_password_opens() {
        let password = new_password();
        let hash = hash_password(&password);
        assert!(is_password(&password, &hash));
        assert!(!is_password("something else", &hash));
        assert!(!is_password(&password, "not a hash"));
        assert_ne!(hash, hash_password(&password), "salted");
    }

    #[test]
    fn a_client_id_is_a_name_that_the_server_takes() {
        assert!(new_client_id().parse::<crate::server::hub::ClientId>().is_ok());
        assert_eq!(new_token().len(), 43);
    }
}
