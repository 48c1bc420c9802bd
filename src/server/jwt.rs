//! Tokens that a school's own server signs (JWT), where the operator gave the key.

use super::ServerError;
use super::hub::ClientId;
use crate::classroom::{Person, Role};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The shortest shared secret, in bytes: as long as the hash that it keys.
const MIN_SECRET_BYTES: usize = 32;

/// The longest name that is kept, in characters.
const MAX_NAME_CHARS: usize = 40;

/// A school's key.
#[derive(Clone)]
pub struct JwtKey(Arc<(DecodingKey, Validation)>);

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JwtKey").field(&self.0.1.algorithms).finish()
    }
}

/// What a token must say.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    name: Option<String>,
    role: Option<Role>,
}

impl JwtKey {
    /// Reads a key: a public key in PEM (RSA, P-256 or Ed25519: RS256, ES256, EdDSA), or a shared secret of at least 32 bytes
    /// (HS256).
    ///
    /// # Errors
    /// The file cannot be read or is neither.
    pub fn read(path: &Path) -> Result<Self, ServerError> {
        let bytes = std::fs::read(path).map_err(|source| ServerError::Key { path: path.to_owned(), source })?;
        Self::of(&bytes).ok_or_else(|| ServerError::NoKey { path: path.to_owned() })
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let (key, algorithm) = if bytes.starts_with(b"-----BEGIN") {
            let rsa = || DecodingKey::from_rsa_pem(bytes).ok().map(|key| (key, Algorithm::RS256));
            let elliptic = || DecodingKey::from_ec_pem(bytes).ok().map(|key| (key, Algorithm::ES256));
            let edwards = || DecodingKey::from_ed_pem(bytes).ok().map(|key| (key, Algorithm::EdDSA));
            rsa().or_else(elliptic).or_else(edwards)?
        } else {
            let secret = bytes.trim_ascii();
            (secret.len() >= MIN_SECRET_BYTES).then(|| (DecodingKey::from_secret(secret), Algorithm::HS256))?
        };
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.validate_nbf = true;
        validation.validate_aud = false;
        Some(Self(Arc::new((key, validation))))
    }

    /// Whom a token names.
    pub(super) fn person(&self, token: &str) -> Result<Person, String> {
        let (key, validation) = &*self.0;
        let claims = jsonwebtoken::decode::<Claims>(token, key, validation).map_err(|error| error.to_string())?.claims;
        let client_id: ClientId = claims.sub.parse().map_err(|error| format!("sub: {error}"))?;
        let name = claims.name.as_deref().unwrap_or(client_id.as_str()).trim();
        let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
        let name = if name.is_empty() { client_id.as_str().to_owned() } else { name };
        let role = claims.role.unwrap_or(Role::Student);
        Ok(Person {
            client_id: client_id.as_str().to_owned(),
            role,
            name,
            pin: None,
            created: super::transcript::now(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"a secret of a school, thirty-two or more";

    fn signed(claims: &Value, secret: &[u8], algorithm: Algorithm) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    #[test]
    fn only_a_whole_token_of_this_key_names_someone() {
        let key = JwtKey::of(SECRET).unwrap();
        let later = super::super::transcript::now() + 3600;
        let good = json!({"sub": "asha.7b", "name": "Asha", "exp": later});
        let person = key.person(&signed(&good, SECRET, Algorithm::HS256)).unwrap();
        assert_eq!((person.client_id.as_str(), person.name.as_str(), person.role), ("asha.7b", "Asha", Role::Student));
        let teacher = json!({"sub": "rao", "role": "teacher", "exp": later});
        assert_eq!(key.person(&signed(&teacher, SECRET, Algorithm::HS256)).unwrap().role, Role::Teacher);
        for bad in [
            json!({"sub": "asha"}),
            json!({"exp": later}),
            json!({"sub": "asha", "exp": 1}),
            json!({"sub": "a b", "exp": later}),
            json!({"sub": "asha", "exp": later, "role": "admin"}),
            json!({"sub": "asha", "exp": later, "nbf": later}),
        ] {
            assert!(key.person(&signed(&bad, SECRET, Algorithm::HS256)).is_err(), "{bad}");
        }
        let other = b"another secret, also thirty-two or more bytes";
        assert!(key.person(&signed(&good, other, Algorithm::HS256)).is_err());
        assert!(key.person(&signed(&good, SECRET, Algorithm::HS512)).is_err());
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhc2hhIn0.";
        assert!(key.person(unsigned).is_err());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(JwtKey::of(b"short").is_none());
        assert!(JwtKey::of(b"-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----").is_none());
    }
}
