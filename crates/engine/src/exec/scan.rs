//! The only leaf that reads data: a table whose rows come through a contract.
//!
//! INVARIANT: it takes no predicate and no dynamic filter; its one partition gives accepted rows in file order.
//! A stream that ends without the reader having said so is an error, never an end.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::future::BoxFuture;

use super::feed::{Feed, Hub, Message};

/// A dataset as the query engine sees it.
#[derive(Debug)]
pub(super) struct FeedTable {
    pub(super) feed: Arc<Feed>,
    pub(super) hub: Arc<Hub>,
}

impl TableProvider for FeedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.feed.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    // What `async_trait` makes of `async fn scan`, but with a future that holds only its answer: of one that holds
    // expressions the compiler proves for seconds that it may change threads (apache/datafusion#13814).
    fn scan<'this, 'state, 'columns, 'filters, 'answer>(
        &'this self,
        _state: &'state dyn Session,
        projection: Option<&'columns Vec<usize>>,
        filters: &'filters [Expr],
        _limit: Option<usize>,
    ) -> BoxFuture<'answer, Result<Arc<dyn ExecutionPlan>>>
    where
        'this: 'answer,
        'state: 'answer,
        'columns: 'answer,
        'filters: 'answer,
        Self: 'answer,
    {
        Box::pin(ready(self.leaf(projection, filters)))
    }
}

impl FeedTable {
    fn leaf(
        &self,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        // Filters were declared unsupported; taking one silently would drop it.
        if !filters.is_empty() {
            return Err(DataFusionError::Internal(
                "a filter reached a source".to_owned(),
            ));
        }
        let schema = match projection {
            Some(columns) => Arc::new(self.feed.schema.project(columns)?),
            None => Arc::clone(&self.feed.schema),
        };
        Ok(Arc::new(FeedExec {
            feed: Arc::clone(&self.feed),
            hub: Arc::clone(&self.hub),
            projection: projection.cloned(),
            properties: Arc::new(
                PlanProperties::new(
                    EquivalenceProperties::new(schema),
                    Partitioning::UnknownPartitioning(1),
                    EmissionType::Incremental,
                    Boundedness::Bounded,
                )
                .with_scheduling_type(SchedulingType::Cooperative),
            ),
        }))
    }
}

/// One scan of a dataset.
#[derive(Debug)]
pub(super) struct FeedExec {
    feed: Arc<Feed>,
    hub: Arc<Hub>,
    projection: Option<Vec<usize>>,
    properties: Arc<PlanProperties>,
}

impl FeedExec {
    /// The dataset's id.
    pub(super) fn dataset(&self) -> &str {
        &self.feed.dataset.id
    }
}

impl DisplayAs for FeedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedExec: {}", self.feed.dataset.id)
    }
}

impl ExecutionPlan for FeedExec {
    fn name(&self) -> &'static str {
        "FeedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return Err(DataFusionError::Internal(
                "a scan has one partition".to_owned(),
            ));
        }
        let receiver = self.hub.start(&self.feed, self.projection.clone());
        let lost = (Arc::clone(&self.hub), Arc::clone(&self.feed));
        let stream = futures::stream::unfold(Some((receiver, lost)), |state| async move {
            let (mut receiver, (hub, feed)) = state?;
            match receiver.recv().await {
                Some(Message::Rows(batch)) => Some((Ok(batch), Some((receiver, (hub, feed))))),
                Some(Message::End) => None,
                // The error itself lies in the hub; what passes through the query engine says nothing.
                Some(Message::Failed) => Some((Err(stopped()), None)),
                None => {
                    hub.lost(&feed);
                    Some((Err(stopped()), None))
                }
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            stream,
        )))
    }
}

fn stopped() -> DataFusionError {
    DataFusionError::Execution("a reader stopped".to_owned())
}
