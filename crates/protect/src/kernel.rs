//! What a bound protection is to the engine, and where it takes its keys from.

use std::fmt::Debug;

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    ProtectError,
    crypto::{TokenKey, ValueKey},
};

/// A protection with its arguments and keys, ready for arrays.
pub trait Kernel: Send + Sync + Debug {
    /// The type that [`Kernel::apply`] gives for arrays of type `input`.
    ///
    /// # Errors
    /// [`ProtectError::InputType`] for a type that the protection does not take.
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError>;

    /// Protects every row of `input` into buffers of its own.
    ///
    /// # Errors
    /// As [`Kernel::returns`]; [`ProtectError::TooLarge`]; errors of the cryptography.
    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError>;
}

/// Where [`bind`](crate::bind) takes keys from: the primary version of each.
pub trait KeySource: Send + Sync {
    /// The key of purpose `token` with this name.
    ///
    /// # Errors
    /// [`ProtectError::UnknownKey`], [`ProtectError::KeyPurpose`], [`ProtectError::KeyVersion`].
    fn token_key(&self, name: &str) -> Result<TokenKey, ProtectError>;

    /// The key of purpose `value` with this name.
    ///
    /// # Errors
    /// As [`KeySource::token_key`].
    fn value_key(&self, name: &str) -> Result<ValueKey, ProtectError>;
}

/// Where [`decrypt`](crate::decrypt) takes keys from: the version that a sealed value names.
pub trait VersionSource: Send + Sync {
    /// Version `version` of the key of purpose `value` with this name.
    ///
    /// # Errors
    /// As [`KeySource::token_key`].
    fn value_key_version(&self, name: &str, version: u32) -> Result<ValueKey, ProtectError>;
}
