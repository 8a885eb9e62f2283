//! Memory that the query engine does not count by itself: what windows gather.
//!
//! A window over whole partitions keeps all of its input. One that moves keeps the rows whose results are not known
//! yet, and those before them that its frame still needs: rows are counted as they enter it, and given back as they
//! leave it and the frame has moved on.
//!
//! INVARIANT: rows pass unchanged; what was counted is given back when whoever gathers them is done.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::{StandardWindowExpr, WindowExpr};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputOrderMode, PlanProperties,
};
use futures::StreamExt;

/// What the pool calls it.
pub(super) const CONSUMER: &str = "WindowInput";

/// The plan with every window's input counted.
pub(super) fn metered(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let moving = node.downcast_ref::<BoundedWindowAggExec>().map(kept_rows);
        let role = match moving {
            Some(kept) => Role::Enters(Arc::new(Passage::new(kept))),
            None if node.downcast_ref::<WindowAggExec>().is_some() => Role::Stays,
            None => return Ok(Transformed::no(node)),
        };
        let children = node.children().into_iter().cloned();
        let children = children.map(|child| MeteredExec::over(child, role.clone()));
        let children = children.collect();
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        let window = node.replace_children(children, options)?;
        Ok(Transformed::yes(match role {
            Role::Enters(passage) => MeteredExec::over(window, Role::Leaves(passage)),
            Role::Stays | Role::Leaves(_) => window,
        }))
    })
    .data()
}

/// How many rows before the one at hand a moving window keeps, at most; none where it is not known.
fn kept_rows(window: &BoundedWindowAggExec) -> Option<usize> {
    // Otherwise it keeps rows of each partition that it has met.
    if window.input_order_mode != InputOrderMode::Sorted {
        return None;
    }
    let each = window.window_expr().iter().map(kept_by);
    each.collect::<Option<Vec<_>>>()
        .map(|all| all.into_iter().max().unwrap_or(0))
}

fn kept_by(window: &Arc<dyn WindowExpr>) -> Option<usize> {
    const FAR: usize = 1 << 40;
    if let Some(standard) = window.as_any().downcast_ref::<StandardWindowExpr>() {
        let evaluator = standard.get_standard_func_expr().create_evaluator().ok()?;
        if !evaluator.uses_window_frame() {
            let range = evaluator.get_range(FAR, 2 * FAR).ok()?;
            return FAR.checked_sub(range.start).filter(|kept| *kept < FAR);
        }
    }
    let frame = window.get_window_frame();
    match (&frame.start_bound, frame.units) {
        // An aggregate that only grows needs no row again.
        (WindowFrameBound::Preceding(bound), _) if bound.is_null() => {
            let frame_again = window.as_any().is::<StandardWindowExpr>();
            (!frame_again).then_some(0)
        }
        (WindowFrameBound::CurrentRow | WindowFrameBound::Following(_), WindowFrameUnits::Rows) => {
            Some(0)
        }
        (WindowFrameBound::Preceding(ScalarValue::UInt64(Some(rows))), WindowFrameUnits::Rows) => {
            usize::try_from(*rows).ok()
        }
        // Which rows are within a distance, or tied, only the data says.
        _ => None,
    }
}

/// What a window between two meters holds.
#[derive(Debug)]
struct Passage {
    kept: Option<usize>,
    /// Of the partitions that began above the window and not yet below it.
    begun: Mutex<HashMap<usize, Arc<Mutex<Held>>>>,
}

#[derive(Debug)]
struct Held {
    reservation: MemoryReservation,
    /// Rows and bytes of the batches that entered, oldest first.
    batches: VecDeque<(usize, usize)>,
    /// Rows that left and are not given back.
    left: usize,
    kept: Option<usize>,
}

/// A lock whose holder panicked still guards sums.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Passage {
    fn new(kept: Option<usize>) -> Self {
        let begun = Mutex::default();
        Self { kept, begun }
    }

    fn held(&self, context: &TaskContext) -> Arc<Mutex<Held>> {
        Arc::new(Mutex::new(Held {
            reservation: MemoryConsumer::new(CONSUMER).register(context.memory_pool()),
            batches: VecDeque::new(),
            left: 0,
            kept: self.kept,
        }))
    }
}

impl Held {
    fn enter(&mut self, batch: &RecordBatch) -> Result<()> {
        // Once in the order of the input and once by partition.
        let bytes = batch.get_array_memory_size().saturating_mul(2);
        self.reservation.try_grow(bytes)?;
        self.batches.push_back((batch.num_rows(), bytes));
        Ok(())
    }

    fn leave(&mut self, rows: usize) {
        let Some(kept) = self.kept else {
            return;
        };
        self.left += rows;
        while let Some((rows, bytes)) = self.batches.front().copied()
            && rows.saturating_add(kept) <= self.left
        {
            self.left -= rows;
            self.reservation.shrink(bytes);
            self.batches.pop_front();
        }
    }
}

/// Where a meter stands.
#[derive(Clone, Debug)]
enum Role {
    /// Below a window that keeps all rows to its end.
    Stays,
    /// Below a window that moves.
    Enters(Arc<Passage>),
    /// Above it.
    Leaves(Arc<Passage>),
}

/// Its input, counted.
#[derive(Debug)]
struct MeteredExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    role: Role,
}

impl MeteredExec {
    fn over(input: Arc<dyn ExecutionPlan>, role: Role) -> Arc<dyn ExecutionPlan> {
        let properties = Arc::clone(input.properties());
        Arc::new(Self {
            input,
            properties,
            role,
        })
    }

    fn of(&self, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop()) {
            (Some(input), None) => Ok(Self::over(input, self.role.clone())),
            _ => Err(DataFusionError::Internal("it has one input".to_owned())),
        }
    }
}

impl DisplayAs for MeteredExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MeteredExec")
    }
}

impl ExecutionPlan for MeteredExec {
    fn name(&self) -> &'static str {
        "MeteredExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.of(children)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.of(children)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let counted = match &self.role {
            Role::Stays => {
                let held = MemoryConsumer::new(CONSUMER).register(context.memory_pool());
                // The window keeps its input until it is done, and with it what is held. Its batches are joined
                // into one at the end: they are there twice then.
                let input = self.input.execute(partition, context)?;
                let counted = input.map(move |batch| {
                    let batch = batch?;
                    held.try_grow(batch.get_array_memory_size().saturating_mul(2))?;
                    Ok(batch)
                });
                counted.boxed()
            }
            Role::Enters(passage) => {
                let begun = lock(&passage.begun).remove(&partition);
                let held = begun.unwrap_or_else(|| passage.held(&context));
                let input = self.input.execute(partition, context)?;
                let counted = input.map(move |batch| {
                    let batch = batch?;
                    lock(&held).enter(&batch)?;
                    Ok(batch)
                });
                counted.boxed()
            }
            Role::Leaves(passage) => {
                let held = passage.held(&context);
                lock(&passage.begun).insert(partition, Arc::clone(&held));
                // The window begins its input now, and so takes what is held here.
                let input = self.input.execute(partition, context)?;
                let counted = input.map(move |batch| {
                    let batch = batch?;
                    lock(&held).leave(batch.num_rows());
                    Ok(batch)
                });
                counted.boxed()
            }
        };
        let schema = self.input.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, counted)))
    }
}
