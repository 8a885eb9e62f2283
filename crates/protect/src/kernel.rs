//! What a bound protection is to the engine, and where it takes its keys from.

use std::{fmt::Debug, sync::Arc};

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    ProtectError, TokenVault,
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

    /// As [`Kernel::apply`], with the columns that the call names, each as long as `input`, in the
    /// order of [`Argument::Column`](sealine_label::declare::Argument::Column). Protections with
    /// a column parameter implement this; for the others there are none.
    ///
    /// # Errors
    /// As [`Kernel::apply`]; [`ProtectError::Argument`] for a number of columns that is not the
    /// call's.
    fn apply_beside(
        &self,
        input: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        match beside {
            [] => self.apply(input),
            _ => Err(ProtectError::Argument {
                protection: "this protection",
                reason: "takes no column beside the value".to_owned(),
            }),
        }
    }
}

/// A protection undone: made by [`unbind`](crate::unbind) for `reveal`.
pub trait Opener: Send + Sync + Debug {
    /// Opens every row of `input` into buffers of its own, as values of type `as_type`, the type
    /// that the column had.
    ///
    /// # Errors
    /// [`ProtectError::InputType`]; [`ProtectError::DoesNotOpen`] and its like, which name the
    /// row and release nothing of the batch.
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError>;
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

    /// The time of the run in Unix seconds, for formats that carry one. `None`, the default, makes
    /// them refuse: kernels have no clock.
    fn sealed_at(&self) -> Option<u64> {
        None
    }

    /// The vault of the random tokens that are made with the key of this name.
    ///
    /// # Errors
    /// [`ProtectError::NoVault`] where there is none; [`ProtectError::VaultFile`] where it cannot
    /// be opened.
    fn vault(&self, key: &str) -> Result<Arc<dyn TokenVault>, ProtectError> {
        Err(ProtectError::NoVault {
            key: key.to_owned(),
        })
    }
}

/// Where [`unbind`](crate::unbind) takes keys from: the version that a sealed value names.
pub trait VersionSource: KeySource {
    /// Version `version` of the key of purpose `value` with this name.
    ///
    /// # Errors
    /// As [`KeySource::token_key`].
    fn value_key_version(&self, name: &str, version: u32) -> Result<ValueKey, ProtectError>;
}
