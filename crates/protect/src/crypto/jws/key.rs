//! JSON Web Keys and sets of them, as far as they verify.
//!
//! Invariant: a key is for one kind of algorithm, by its type and by what it says of itself; a set
//! names each key once and holds secret keys or public ones, not both (a public key must never be
//! taken for the secret of an HMAC).
//!
//! Must never: take a key from the token that it is to verify.

use std::fmt;

use serde_json::{Map, Value};

use super::{algorithm::Algorithm, base64url, refuse};
use crate::{
    ProtectError,
    crypto::{
        Secret,
        ecdsa::{self, Curve},
        ed25519, json, rsa,
    },
};

/// Longer keys and sets are not read.
const LONGEST: usize = 1 << 20;
/// Larger sets are not read.
const MOST: usize = 1000;

/// The keys that may have signed a token.
pub struct Keys(Vec<Key>);

/// One key.
pub(super) struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    pub(super) material: Material,
}

pub(super) enum Material {
    Secret(Secret),
    Rsa(rsa::VerifyingKey),
    Ec(ecdsa::VerifyingKey),
    Ed(ed25519::VerifyingKey),
}

impl Keys {
    /// Reads one JWK.
    ///
    /// # Errors
    /// [`ProtectError::Jose`] for a key that must not verify a signature.
    pub fn parse_jwk(text: &str) -> Result<Keys, ProtectError> {
        match read(text)? {
            Value::Object(jwk) => Ok(Keys(vec![Key::of(&jwk)?])),
            _ => Err(refuse("the key is not a JSON object")),
        }
    }

    /// Reads a JWK set. Keys that cannot verify a signature are left out (RFC 7517, 5).
    ///
    /// # Errors
    /// [`ProtectError::Jose`] for a set that is damaged or not safe to use.
    pub fn parse_jwks(text: &str) -> Result<Keys, ProtectError> {
        let set = read(text)?;
        let Some(jwks) = set.get("keys").and_then(Value::as_array) else {
            return Err(refuse("the key set has no list `keys`"));
        };
        if jwks.len() > MOST {
            return Err(refuse("the key set has more than 1000 keys"));
        }
        let member =
            |name: &'static str| jwks.iter().filter_map(move |jwk| jwk.get(name)?.as_str());
        let mut ids: Vec<&str> = member("kid").collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(refuse("the key set has two keys with one `kid`"));
        }
        let secret = member("kty").filter(|kind| *kind == "oct").count();
        if secret > 0 && secret < jwks.len() {
            return Err(refuse("the key set holds secret keys beside public ones"));
        }
        let keys = jwks.iter().filter_map(|jwk| Key::of(jwk.as_object()?).ok());
        Ok(Keys(keys.collect()))
    }

    /// The key for a token whose header has this `kid` and algorithm.
    pub(super) fn choose(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&Key, ProtectError> {
        let fits = |key: &&Key| {
            let named = match (id, &key.id) {
                (Some(id), Some(key)) => id == key,
                (Some(_), None) => self.0.len() == 1,
                (None, _) => true,
            };
            named && key.is_for(algorithm)
        };
        let mut keys = self.0.iter().filter(fits);
        match (keys.next(), keys.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(refuse("no key is named by the token and for its algorithm")),
            _ => Err(refuse("the token names no key, and several could be meant")),
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jws::Keys({})", self.0.len())
    }
}

impl Key {
    fn of(jwk: &Map<String, Value>) -> Result<Key, ProtectError> {
        if text(jwk, "use")?.is_some_and(|used| used != "sig") {
            return Err(refuse("the key is not for signatures"));
        }
        if let Some(operations) = jwk.get("key_ops") {
            let verify = |list: &Vec<Value>| list.iter().any(|one| one == "verify");
            if !operations.as_array().is_some_and(verify) {
                return Err(refuse("the key is not for verifying"));
            }
        }
        let algorithm = match text(jwk, "alg")? {
            None => None,
            Some(name) => Some(Algorithm::of_key(name).ok_or_else(|| {
                refuse("the key is for an algorithm that signs nothing, or is not known")
            })?),
        };
        let key = Key {
            id: text(jwk, "kid")?.map(str::to_owned),
            algorithm,
            material: Material::of(jwk)?,
        };
        if algorithm.is_some_and(|algorithm| !key.fits(algorithm)) {
            return Err(refuse("the key is not of the type that its `alg` needs"));
        }
        Ok(key)
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && self.fits(algorithm)
    }

    /// Whether this kind of key, and this length of a secret (RFC 7518, 3.2), takes the algorithm.
    fn fits(&self, algorithm: Algorithm) -> bool {
        match (&self.material, algorithm) {
            (Material::Secret(secret), Algorithm::Hs(hash)) => secret.len() >= hash.output_len(),
            (Material::Ec(key), Algorithm::Es(curve)) => key.curve() == curve,
            (Material::Rsa(_), Algorithm::Rs(_) | Algorithm::Ps(_)) => true,
            (Material::Ed(_), Algorithm::Ed) => true,
            _ => false,
        }
    }
}

impl Material {
    fn of(jwk: &Map<String, Value>) -> Result<Material, ProtectError> {
        let bytes = |name| match text(jwk, name)? {
            Some(text) => base64url(text),
            None => Err(refuse("the key lacks a part")),
        };
        match (text(jwk, "kty")?, text(jwk, "crv")?) {
            (Some("oct"), None) => Ok(Material::Secret(Secret::new(bytes("k")?))),
            (Some("RSA"), None) => rsa::VerifyingKey::new(&bytes("n")?, &bytes("e")?)
                .map(Material::Rsa)
                .map_err(|_| refuse("the RSA key is too short, or not safe to trust")),
            (Some("EC"), Some(name)) => {
                let curve = match name {
                    "P-256" => Curve::P256,
                    "P-384" => Curve::P384,
                    "P-521" => Curve::P521,
                    _ => return Err(refuse("the key is on a curve that is not supported")),
                };
                let (x, y) = (bytes("x")?, bytes("y")?);
                let wrong = || refuse("the key has a coordinate of another length");
                if x.len() != curve.coordinate_len() {
                    return Err(wrong());
                }
                let point = [&[4][..], &x, &y].concat();
                ecdsa::VerifyingKey::from_point(curve, &point)
                    .map(Material::Ec)
                    .map_err(|_| wrong())
            }
            (Some("OKP"), Some("Ed25519")) => ed25519::VerifyingKey::from_bytes(&bytes("x")?)
                .map(Material::Ed)
                .map_err(|_| refuse("the key has a coordinate of another length")),
            _ => Err(refuse("the key is of a type that is not supported")),
        }
    }
}

fn read(text: &str) -> Result<Value, ProtectError> {
    if text.len() > LONGEST {
        return Err(refuse("the key is longer than 1 MiB"));
    }
    json::read(text).ok_or_else(|| refuse("the key is not JSON, or has a member twice"))
}

/// A member that has to be text where it is there.
pub(super) fn text<'a>(
    object: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, ProtectError> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(refuse("a member is not text")),
    }
}
