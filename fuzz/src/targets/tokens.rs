//! Tokens and ciphertexts of our own formats and of those that others read.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, StringArray};
use arrow::datatypes::DataType;
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::crypto::{Secret, TokenKey, ValueKey, fernet as f, jws as j, tink as t};
use sealine_protect::{KeySource, ProtectError, VersionSource};

use super::Prepared;

/// Every name is one key.
struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![42; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![42; 32]))
    }
}

impl VersionSource for Keys {
    fn value_key_version(&self, name: &str, version: u32) -> Result<ValueKey, ProtectError> {
        match version {
            1 => self.value_key(name),
            _ => Err(ProtectError::KeyVersion {
                key: name.to_owned(),
                version,
                state: "unknown",
            }),
        }
    }
}

pub(super) fn fernet() -> Prepared {
    let key = f::Key::new(&Secret::new(vec![42; f::KEY_LEN])).expect("a key");
    let token = key
        .seal(1_700_000_000, b"4111111111111111")
        .expect("a token");
    let sealed = token.clone();
    Prepared::new(vec![token.into_bytes()], move |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let window = f::Window {
            now: 1_700_000_060,
            ttl: Some(120),
        };
        for window in [None, Some(window)] {
            if key.open(&text, window).is_ok() {
                assert_eq!(text, sealed, "another token opened");
            }
        }
        drop(f::Key::parse(&text));
    })
}

fn keyset() -> t::Keyset {
    t::Keyset::derive_aead(&[Keys.value_key("k").expect("a key")]).expect("a keyset")
}

pub(super) fn tink_keyset() -> Prepared {
    let daead = t::Keyset::derive_daead(&Keys.token_key("k").expect("a key")).expect("a keyset");
    let texts = [keyset().to_json(), daead.to_json()];
    let corpus = texts
        .map(|text| text.expect("a text").expose().to_vec())
        .to_vec();
    Prepared::new(corpus, |bytes| {
        if let Ok(keyset) = t::Keyset::from_json(&String::from_utf8_lossy(bytes)) {
            let sealed = keyset
                .seal(b"a", b"m")
                .expect("a keyset that was read seals");
            assert_eq!(
                keyset.open(b"a", &sealed).expect("and opens").expose(),
                b"m"
            );
        }
    })
}

pub(super) fn tink() -> Prepared {
    let keyset = keyset();
    let sealed = keyset
        .seal(b"a", b"4111111111111111")
        .expect("a ciphertext");
    Prepared::new(vec![sealed.clone()], move |bytes| {
        if keyset.open(b"a", bytes).is_ok() {
            assert_eq!(bytes, sealed, "another ciphertext opened");
        }
    })
}

/// RFC 7515, A.1 and RFC 8037, A.4.
const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const HS256_KEY: &str = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const EDDSA_KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

pub(super) fn jws() -> Prepared {
    let keys: Vec<j::Keys> = [HS256_KEY, EDDSA_KEY]
        .iter()
        .filter_map(|key| j::Keys::parse_jwk(key).ok())
        .collect();
    let corpus = [HS256, EDDSA]
        .map(|token| token.as_bytes().to_vec())
        .to_vec();
    Prepared::new(corpus, move |bytes| {
        let token = String::from_utf8_lossy(bytes);
        for keys in &keys {
            for pinned in [None, Some("HS256"), Some("EdDSA")] {
                if j::verify(&token, keys, pinned).is_ok() {
                    assert!(token == HS256 || token == EDDSA, "another token verified");
                }
            }
        }
    })
}

pub(super) fn jwk() -> Prepared {
    let set = format!(
        "{{\"keys\":[{EDDSA_KEY},{{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"a\"}}]}}"
    );
    let corpus = vec![HS256_KEY.into(), EDDSA_KEY.into(), set.into_bytes()];
    Prepared::new(corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for keys in [j::Keys::parse_jwk(&text), j::Keys::parse_jwks(&text)]
            .into_iter()
            .flatten()
        {
            drop(j::verify(EDDSA, &keys, None));
        }
    })
}

/// What `encrypt` wrote into a column, opened by `reveal`.
pub(super) fn encrypted_value() -> Prepared {
    let call = Call {
        name: "encrypt",
        arguments: vec![
            Argument::Text("k".to_owned()),
            Argument::Text("none".to_owned()),
            Argument::Text("kept".to_owned()),
            Argument::Text("gcm".to_owned()),
            Argument::Absent,
        ],
        context: Context {
            dataset: "lake.customers".to_owned(),
            column: "note".to_owned(),
        },
    };
    let values: ArrayRef = Arc::new(StringArray::from(vec!["4111111111111111"]));
    let kernel = sealine_protect::bind(&call, &Keys).expect("a kernel");
    let sealed = kernel.apply(&values).expect("a ciphertext");
    let sealed = sealed.as_binary::<i32>().value(0).to_vec();
    Prepared::new(vec![sealed.clone()], move |bytes| {
        let input: ArrayRef = Arc::new(BinaryArray::from_vec(vec![bytes]));
        let opener = sealine_protect::unbind(&call, &Keys).expect("an opener");
        if let Ok(opened) = opener.open(&input, &DataType::Utf8, &[]) {
            assert!(
                bytes == sealed && opened.len() == 1,
                "another ciphertext opened"
            );
        }
    })
}
