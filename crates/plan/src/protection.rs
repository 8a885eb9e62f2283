//! Protections as functions of a plan: stubs that carry a complete call and cannot be invoked.
//!
//! Invariant: a [`Protection`] in a finished plan has the value as its first argument, behind it the
//! columns that its call names, and every other parameter of its call filled in. Both kinds are volatile, so that nothing evaluates them while
//! planning. Only `digits`, a plain total function, computes.

use std::fmt::Write as _;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TypeSignature, Volatility,
};
use sealine_label::declare::{Argument, Call, Declaration, ParamKind, Returns};

use crate::registry::returns;

/// A protection with its call; the value is left, and columns beside it. The engine replaces it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Protection {
    call: Call,
    takes: DataType,
    returns: DataType,
    shown: String,
    slot: usize,
    domain: Option<usize>,
    signature: Signature,
}

impl Protection {
    pub(crate) fn new(
        declaration: &Declaration,
        call: Call,
        (takes, returns): (DataType, DataType),
        shown: String,
        slot: usize,
    ) -> Self {
        let columns = call.arguments.iter();
        let beside = columns.filter(|one| matches!(one, Argument::Column(_)));
        let signature = Signature::any(1 + beside.count(), Volatility::Volatile);
        let mut params = declaration.params.iter();
        Self {
            call,
            takes,
            returns,
            shown,
            slot,
            domain: params.position(|param| param.kind == ParamKind::Domain),
            signature,
        }
    }

    /// The same use with its call filled in further.
    pub(crate) fn with(&self, call: Call) -> Self {
        Self {
            call,
            takes: self.takes.clone(),
            returns: self.returns.clone(),
            shown: self.shown.clone(),
            slot: self.slot,
            domain: self.domain,
            signature: self.signature.clone(),
        }
    }

    /// Which argument is the domain of its tokens.
    pub(crate) fn domain(&self) -> Option<usize> {
        self.domain
    }

    /// Which use of a protection this is, counted through the proof.
    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    /// The complete call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The type it takes.
    pub(crate) fn takes(&self) -> &DataType {
        &self.takes
    }

    /// The type it gives.
    #[must_use]
    pub fn returns(&self) -> &DataType {
        &self.returns
    }

    pub(crate) fn udf(self) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::new_from_impl(self))
    }
}

impl ScalarUDFImpl for Protection {
    fn name(&self) -> &str {
        self.call.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The name the expression had in the SQL, so that the schema does not change.
    fn schema_name(&self, _args: &[Expr]) -> Result<String> {
        Ok(self.shown.clone())
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(
            self.name(),
            self.returns.clone(),
            true,
        )))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("a protection was not bound to its key before execution")
    }
}

/// A protection as it is written, before its call is complete.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stub {
    declaration: Named,
    signature: Signature,
}

/// A declaration, compared by its name.
#[derive(Debug, Clone, Copy)]
struct Named(&'static Declaration);

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Named {}

impl std::hash::Hash for Named {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl Stub {
    pub(crate) fn udf(declaration: &'static Declaration) -> Arc<ScalarUDF> {
        let most = declaration.params.len() + 1;
        let arities = (1..=most).map(TypeSignature::Any).collect();
        Arc::new(ScalarUDF::new_from_impl(Self {
            declaration: Named(declaration),
            signature: Signature::one_of(arities, Volatility::Volatile),
        }))
    }

    pub(crate) fn declaration(&self) -> &'static Declaration {
        self.declaration.0
    }
}

impl ScalarUDFImpl for Stub {
    fn name(&self) -> &str {
        self.declaration.0.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types.first() {
            Some(value) => Ok(returns(self.declaration.0, "", value)),
            None => plan_err!("`{}` takes a value", self.name()),
        }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let Some(value) = args.arg_fields.first() else {
            return plan_err!("`{}` takes a value", self.name());
        };
        let declared = self.declaration.0;
        let given = match declared.returns {
            Returns::Chosen(param, _) => args.scalar_arguments.get(param + 1).copied().flatten(),
            _ => None,
        };
        let word = given.and_then(|given| given.try_as_str().flatten());
        let data_type = returns(declared, word.unwrap_or_default(), value.data_type());
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("a protection was not completed before execution")
    }
}

/// `digits(x)`: the ASCII digits of a text, in order. Total, and null for null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Digits {
    signature: Signature,
}

impl Default for Digits {
    fn default() -> Self {
        Self {
            signature: Signature::string(1, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for Digits {
    fn name(&self) -> &str {
        "digits"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(value) = args.args.first() else {
            return exec_err!("`digits` takes one value");
        };
        match value {
            ColumnarValue::Scalar(scalar) => {
                let kept = scalar.try_as_str().flatten().map(keep);
                Ok(ColumnarValue::Scalar(ScalarValue::Utf8(kept)))
            }
            ColumnarValue::Array(array) => {
                let mut builder = StringBuilder::with_capacity(array.len(), 0);
                match array.data_type() {
                    DataType::Utf8 => array
                        .as_string::<i32>()
                        .iter()
                        .for_each(|v| append(&mut builder, v)),
                    DataType::LargeUtf8 => array
                        .as_string::<i64>()
                        .iter()
                        .for_each(|v| append(&mut builder, v)),
                    DataType::Utf8View => array
                        .as_string_view()
                        .iter()
                        .for_each(|v| append(&mut builder, v)),
                    _ => return exec_err!("`digits` takes text"),
                }
                Ok(ColumnarValue::Array(Arc::new(builder.finish())))
            }
        }
    }
}

fn keep(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn append(builder: &mut StringBuilder, value: Option<&str>) {
    match value {
        Some(text) => {
            for part in text.chars().filter(char::is_ascii_digit) {
                let _ = builder.write_char(part);
            }
            builder.append_value("");
        }
        None => builder.append_null(),
    }
}
