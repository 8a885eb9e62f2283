//! A protection with its key: the stub that the plan proved, with a kernel behind it.
//!
//! INVARIANT: everything that planning asks for is answered by the stub, so that the executed plan has the
//! types and names of the proved one; only the invocation is ours. It is volatile: never folded, merged or
//! moved to planning time.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use sealine_label::declare::Call;
use sealine_protect::Kernel;

use super::feed::Hub;

/// One protection of the plan, ready to be applied.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) call: Call,
    pub(super) stub: Arc<ScalarUDF>,
    pub(super) kernel: Arc<dyn Kernel>,
    pub(super) hub: Arc<Hub>,
}

impl PartialEq for Keyed {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call && self.stub == other.stub
    }
}

impl Eq for Keyed {}

impl Hash for Keyed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.call.hash(state);
    }
}

impl ScalarUDFImpl for Keyed {
    fn name(&self) -> &str {
        self.stub.name()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.stub.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.stub.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.stub.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.stub.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((input, beside)) = args.args.split_first() else {
            return Err(internal("a protection has a value"));
        };
        let array = input.to_array(args.number_rows)?;
        let beside: Vec<_> = beside
            .iter()
            .map(|column| column.to_array(args.number_rows))
            .collect::<Result<_>>()?;
        let output = self.kernel.apply_beside(&array, &beside).map_err(|error| {
            self.hub.fail(error.into());
            internal("a protection failed")
        })?;
        // INVARIANT: a kernel keeps rows and type; anything else would shift values between rows.
        if output.len() != array.len() || output.data_type() != args.return_field.data_type() {
            return Err(internal("a protection changed its shape"));
        }
        Ok(ColumnarValue::Array(output))
    }
}

fn internal(text: &str) -> DataFusionError {
    DataFusionError::Internal(text.to_owned())
}
