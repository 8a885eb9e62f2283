//! The whole proof of one request.
//!
//! Invariant: the only place where a [`Plan`] is built.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, TableSource};
use sealine_label::{Interner, LabelId, Level, Origin, View};
use sealine_spec::{Dataset, Diagnostic, Diagnostics, Files, OnError, Spec, SqlText};

use crate::assemble::{Assembled, assemble, inputs_of};
use crate::bind::{Query, STACK, Scope, ahead, bind, read};
use crate::check::{Checked, Shown, Shows, Trail, Trails, check, shown};
use crate::error::{Bound, planning, refuse};
use crate::explain::{Evidence, Text};
use crate::finding::DemandKind;
use crate::flow::{Node, Partials, Prover, StepFacts};
use crate::job::{Job, Output, resolve};
use crate::live::Live;
use crate::plan::{Order, PlannedOutput};
use crate::source::{BoundSource, InputSource};
use crate::world::{World, mentions};
use crate::{Computed, Plan, Registry, Request, computed, digest, draw, reveal, waive};

/// Binds and proves a request.
///
/// # Errors
/// A broken file: SQL that cannot be read or planned, an unknown name, a construct that the proof
/// has no rule for. A leak is no error: it stands in the plan, as a violation or a demand.
pub fn prove(
    files: &Files,
    spec: &Spec,
    computed: &Computed,
    registry: &Registry,
    request: &Request,
) -> Result<Plan, Diagnostics> {
    prove_among(files, spec, computed, registry, request, &Arc::default())
}

/// As [`prove`], with what is known of the live pipelines already: one [`Live`] serves all requests
/// over the same files, spec, recorded labels and registry, and no others.
///
/// # Errors
/// As [`prove`].
pub fn prove_among(
    files: &Files,
    spec: &Spec,
    computed: &Computed,
    registry: &Registry,
    request: &Request,
    live: &Arc<Live>,
) -> Result<Plan, Diagnostics> {
    // Deep queries nest deep.
    let done = std::thread::scope(|scope| {
        let proof = || attempt(files, spec, computed, registry, request, live, None);
        match std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, proof)
        {
            Ok(running) => running.join().unwrap_or_else(|_| Err(broken())),
            Err(_) => attempt(files, spec, computed, registry, request, live, None),
        }
    });
    done.map_err(|refused| Diagnostics::from(*refused))
}

fn broken() -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "SL2099",
            "the proof of this request broke off; nothing was permitted",
        )
        .help("this is a defect of Sealine; please report the query"),
    )
}

/// Proves, with the SQL of one step replaced if asked.
pub(crate) fn attempt(
    files: &Files,
    spec: &Spec,
    computed: &Computed,
    registry: &Registry,
    request: &Request,
    live: &Arc<Live>,
    replaced: Option<(&str, Arc<SqlText>)>,
) -> Bound<Plan> {
    let mut job = resolve(files, spec, request)?;
    if let Some((name, sql)) = replaced {
        for step in job.steps.iter_mut().filter(|step| step.name == name) {
            step.sql = Arc::clone(&sql);
        }
    }
    let world = World::new(spec, computed, registry);
    Proof::new(&world, &job).run(files, request, live)
}

/// What a pipeline shows by itself; none where nothing is known yet about what it reads, so that it
/// cannot have run. What it is refused for by itself is left out: that never runs.
pub(crate) fn shows(world: &World<'_>, files: &Files, pipeline: &str) -> Bound<Option<Shows>> {
    let request = Request::Pipeline(pipeline.to_owned());
    let job = resolve(files, world.spec, &request)?;
    let mut proof = Proof::new(world, &job);
    let nodes = match proof
        .bind(&request)
        .and_then(|()| proof.nodes(&mut Vec::new()))
    {
        Ok(nodes) => nodes,
        Err(refused) if refused.code == "SL2012" => return Ok(None),
        Err(refused) => return Err(refused),
    };
    let mut shown = shown(&mut proof.prover, &job, &nodes);
    let checked = check(&mut proof.prover, &job, &nodes, shown.clone(), &[]);
    let refused: BTreeSet<_> = checked.violations.iter().map(|one| &one.origin).collect();
    shown.retain(|one| !refused.contains(&one.origin));
    let evidence = Evidence {
        labels: proof.prover.labels,
        nodes,
        texts: proof.texts,
        trails: Trails::default(),
        again: None,
    };
    Ok(Some(Shows::new(&job, shown, evidence)))
}

/// A proof under way.
struct Proof<'a> {
    world: &'a World<'a>,
    job: &'a Job,
    prover: Prover<'a>,
    texts: Vec<Text>,
    slots: usize,
    /// Views being bound, to find cycles.
    views: Vec<String>,
}

impl<'a> Proof<'a> {
    fn new(world: &'a World<'a>, job: &'a Job) -> Self {
        let lowest_sink = job.outputs.iter().map(Output::lowest).min();
        let threshold = lowest_sink
            .unwrap_or(Level::bottom())
            .min(world.spec.project.operator_clearance);
        let step = StepFacts {
            index: 0,
            sql: Arc::new(SqlText::plain("", anywhere(world.spec, job))),
            min_group: None,
            endorsed: false,
        };
        let labels = Interner::new();
        let prover = Prover {
            world,
            reached: labels.empty(),
            partials: Partials::default(),
            partial: std::collections::BTreeSet::new(),
            labels,
            step,
            threshold,
            bound: BTreeMap::new(),
            outer: Vec::new(),
            work: Vec::new(),
            lambdas: Vec::new(),
            nested: 0,
            cut: false,
            populations: 0,
            notes: Vec::new(),
            found: Vec::new(),
            domains: HashMap::new(),
            met: Vec::new(),
            readings: 0,
            united: BTreeMap::new(),
            made_of: 0,
        };
        Self {
            world,
            job,
            prover,
            texts: Vec::new(),
            slots: 0,
            views: Vec::new(),
        }
    }

    fn run(mut self, files: &Files, request: &Request, live: &Arc<Live>) -> Bound<Plan> {
        self.bind(request)?;
        self.finish(files, request, live)
    }

    /// Binds and labels the steps.
    fn bind(&mut self, request: &Request) -> Bound<()> {
        let mut made_of = DefaultHasher::new();
        for (alias, dataset) in &self.job.inputs {
            (alias, &dataset.id).hash(&mut made_of);
        }
        let mut scope = Scope::new(self.world.registry);
        for (alias, dataset) in &self.job.inputs {
            // A verdict offers every dataset, also those of which nothing is known yet.
            if let Some(source) =
                self.table(alias, dataset, matches!(request, Request::Verdict { .. }))?
            {
                scope.add(alias, Arc::clone(&source));
                scope.add(&dataset.id, source);
            }
        }
        let job = self.job;
        let texts = job.steps.iter().map(|step| &*step.sql);
        ahead(texts.collect(), |at, query| {
            let Some(step) = job.steps.get(at) else {
                return Ok(());
            };
            let query = bind(
                query?,
                &step.sql,
                &scope,
                self.world,
                step.on_error,
                &mut self.slots,
            )?;
            (&step.name, &step.sql.text, step.min_group).hash(&mut made_of);
            self.prover.made_of = made_of.finish();
            let facts = StepFacts {
                index: self.texts.len(),
                sql: Arc::clone(&step.sql),
                min_group: step.min_group,
                endorsed: false,
            };
            let node = self.labelled(facts, &step.name, query)?;
            let key = format!("step:{}", step.name);
            let schema = Arc::new(node.plan.schema().as_arrow().clone());
            self.prover.bound.insert(key.clone(), node);
            scope.add(&step.name, Arc::new(BoundSource { name: key, schema }));
            Ok(())
        })
    }

    /// The node of each output.
    fn nodes(&mut self, withheld: &mut Vec<(String, Level)>) -> Bound<Vec<Arc<Node>>> {
        let outputs = &self.job.outputs;
        let nodes = outputs
            .iter()
            .map(|output| self.output_node(output, withheld));
        nodes.collect()
    }

    /// What the other live pipelines show of the data that this one shows.
    fn others(
        &self,
        files: &Files,
        request: &Request,
        shown: &[Shown],
        live: &Live,
    ) -> Bound<Vec<Arc<Shows>>> {
        let own = match request {
            Request::Pipeline(name) => Some(name),
            Request::Verdict { .. } => None,
            // What goes to the terminal is no pipeline's.
            Request::Read { .. } | Request::Reveal { .. } | Request::Preview { .. } => {
                return Ok(Vec::new());
            }
        };
        let data: BTreeSet<&str> = shown.iter().map(|one| &*one.origin.dataset).collect();
        let mut all = Vec::new();
        for (name, pipeline) in &self.world.spec.pipelines {
            if own != Some(name) && !self.world.sources(pipeline).is_disjoint(&data) {
                all.extend(live.shows(self.world, files, pipeline)?);
            }
        }
        Ok(all)
    }

    fn labelled(&mut self, facts: StepFacts, name: &str, query: Query) -> Bound<Arc<Node>> {
        self.texts.push(Text {
            name: name.to_owned(),
            sql: Arc::clone(&facts.sql),
        });
        let before = std::mem::replace(&mut self.prover.step, facts);
        let node = self.prover.node(&Arc::new(query.plan));
        self.prover.step = before;
        node
    }

    /// The source that a dataset is in SQL; owners' views are bound first.
    fn table(
        &mut self,
        alias: &str,
        dataset: &Arc<Dataset>,
        lenient: bool,
    ) -> Bound<Option<Arc<dyn TableSource>>> {
        if let Some(sql) = &dataset.view {
            let key = format!("view:{}", dataset.id);
            let node = match self.prover.bound.get(&key) {
                Some(known) => Arc::clone(known),
                None => {
                    let node = self.view(dataset, sql)?;
                    self.prover.bound.insert(key.clone(), Arc::clone(&node));
                    node
                }
            };
            let schema = Arc::new(node.plan.schema().as_arrow().clone());
            return Ok(Some(Arc::new(BoundSource { name: key, schema })));
        }
        match self.world.schema(dataset) {
            Some(schema) => Ok(Some(Arc::new(InputSource::new(alias, &dataset.id, schema)))),
            None if lenient => Ok(None),
            None => Err(refuse(
                "SL2012",
                format!(
                    "nothing is known about the columns of `{}` yet; run the pipeline that writes it, or declare them",
                    dataset.id
                ),
                dataset.span,
                "no columns",
            )),
        }
    }

    fn view(&mut self, dataset: &Dataset, sql: &SqlText) -> Bound<Arc<Node>> {
        if self.views.contains(&dataset.id) {
            return Err(refuse(
                "SL2015",
                format!("the view `{}` is made from itself", dataset.id),
                sql.span,
                "this view",
            ));
        }
        self.views.push(dataset.id.clone());
        let mut scope = Scope::new(self.world.registry);
        let others: Vec<(String, Arc<Dataset>)> = self
            .world
            .spec
            .datasets
            .iter()
            .filter(|(id, _)| mentions(&sql.text, id))
            .map(|(id, other)| (id.clone(), Arc::clone(other)))
            .collect();
        for (id, other) in &others {
            if let Some(source) = self.table(id, other, true)? {
                scope.add(id, source);
            }
        }
        let query = bind(
            read(sql)?,
            sql,
            &scope,
            self.world,
            OnError::Total,
            &mut self.slots,
        )?;
        let facts = StepFacts {
            index: self.texts.len(),
            sql: Arc::new(sql.clone()),
            min_group: None,
            endorsed: true,
        };
        let node = self.labelled(facts, &dataset.id, query);
        self.views.pop();
        node
    }

    /// Rule 15: rows may lie as the engine hands them over only where all that decides their order is
    /// cleared for the destination; otherwise they are sorted by what the output shows anyway. How many files a
    /// partition has and what they are called is for everyone: sorted rows make it a matter of their number.
    fn order_of(&mut self, output: &Output, node: &Node) -> Order {
        if !output.partition_by().is_empty() {
            return Order::SortOwnCells;
        }
        let shown: Vec<LabelId> = node
            .relation
            .columns
            .iter()
            .map(|cell| self.prover.seen(cell))
            .collect();
        let shown = shown
            .iter()
            .flat_map(|label| self.prover.labels.entries(*label));
        let stand_ins: Vec<(&Origin, &View)> = shown
            .filter(|(_, view, _)| View::clear().is_dictionary_with(view, false))
            .map(|(origin, view, _)| (origin, view))
            .collect();
        let cleared = self
            .prover
            .labels
            .entries(node.relation.order)
            .all(|(origin, view, _)| {
                // Sorted by what can be read, stand-ins of it are a dictionary.
                let stands = stand_ins
                    .iter()
                    .any(|(of, stand_in)| *of == origin && view.is_dictionary_with(stand_in, true));
                self.world.level(origin) <= output.clearance && !stands
            });
        // A few rows for the terminal are sorted already.
        if cleared || output.limit.is_some_and(|limit| limit < usize::MAX) {
            Order::Keep
        } else {
            Order::SortOwnCells
        }
    }

    fn finish(mut self, files: &Files, request: &Request, live: &Arc<Live>) -> Bound<Plan> {
        let mut withheld = Vec::new();
        let nodes = self.nodes(&mut withheld)?;
        let shown = shown(&mut self.prover, self.job, &nodes);
        let others = self.others(files, request, &shown, live)?;
        let Checked {
            violations,
            demands,
            columns,
            trails,
        } = check(&mut self.prover, self.job, &nodes, shown, &others);
        let mut outputs = Vec::new();
        for ((output, node), columns) in self.job.outputs.iter().zip(&nodes).zip(columns) {
            let Assembled {
                logical,
                columns,
                partition_by,
            } = assemble(&self.prover, output, node, columns)?;
            outputs.push(PlannedOutput {
                sink: output.sink.clone(),
                from: output.from.clone(),
                mode: output.mode,
                clearance: output.clearance,
                logical,
                columns,
                order: self.order_of(output, node),
                partition_by,
                opened: Vec::new(),
                waivers: Vec::new(),
            });
        }
        let mut demands = demands;
        let mut trails = trails;
        for (place, output) in outputs.iter_mut().enumerate() {
            for (column, mut demand) in waive::waivers(self.world, output)? {
                demand.id = demands.len();
                trails.demands.push(Trail {
                    output: place,
                    column: Some(column),
                    beside: None,
                    named: false,
                });
                demands.push(demand);
            }
        }
        if let (
            Request::Reveal {
                dataset,
                opened,
                into_file,
                ..
            },
            Some(output),
        ) = (request, outputs.first_mut())
        {
            let kind = match into_file {
                true => DemandKind::Export,
                false => DemandKind::Reveal,
            };
            let asked = reveal::openings(self.world, dataset, opened, kind, output)?;
            for mut demand in asked {
                demand.id = demands.len();
                let shown = nodes.first().map(|node| node.plan.schema().fields());
                trails.demands.push(Trail {
                    beside: None,
                    output: 0,
                    named: false,
                    column: shown.and_then(|fields| {
                        fields.iter().position(|one| *one.name() == demand.column)
                    }),
                });
                demands.push(demand);
            }
        }
        let inputs = inputs_of(self.world, &outputs)?;
        let mut recorded = self.world.computed.clone();
        recorded.join(&computed::record(
            &mut self.prover,
            self.job,
            &nodes,
            &outputs,
        ));
        let spec_digest = digest::files(files);
        let digest = digest::plan(
            self.world,
            request,
            spec_digest,
            &outputs,
            &violations,
            &demands,
        );
        let sketch = draw::sketch(&mut self.prover, self.job, &inputs, &outputs);
        let again =
            (!violations.is_empty() || !demands.is_empty()).then(|| crate::explain::Again {
                files: files.clone(),
                spec: self.world.spec.clone(),
                computed: self.world.computed.clone(),
                registry: *self.world.registry,
                live: Arc::clone(live),
            });
        let evidence = Evidence {
            labels: self.prover.labels,
            nodes,
            texts: self.texts,
            trails,
            again,
        };
        Ok(Plan {
            pipeline: self.job.pipeline.clone(),
            runs_as: self.job.runs_as.clone(),
            request: request.clone(),
            digest,
            spec_digest,
            inputs,
            outputs,
            violations,
            demands,
            withheld,
            computed: recorded,
            sketch,
            evidence: Arc::new(evidence),
        })
    }

    /// The node that an output writes: a step, or for the terminal what may be shown of one.
    fn output_node(
        &mut self,
        output: &Output,
        withheld: &mut Vec<(String, Level)>,
    ) -> Bound<Arc<Node>> {
        let failed =
            |error: datafusion::common::DataFusionError, sql: &SqlText| planning(&error, sql);
        let (node, name) = match self.prover.bound.get(&format!("step:{}", output.from)) {
            Some(node) => (Arc::clone(node), output.from.clone()),
            None => {
                let Some((alias, dataset)) = self
                    .job
                    .inputs
                    .iter()
                    .find(|(alias, _)| *alias == output.from)
                else {
                    let known: Vec<String> = self
                        .job
                        .steps
                        .iter()
                        .map(|step| step.name.clone())
                        .collect();
                    return Err(crate::job::unknown(
                        "step",
                        &output.from,
                        &known,
                        output.span,
                    ));
                };
                let Some(source) = self.table(alias, dataset, false)? else {
                    return Err(crate::job::unknown("dataset", alias, &[], None));
                };
                let sql = Arc::new(SqlText::plain("", dataset.span));
                let plan = LogicalPlanBuilder::scan("t", source, None)
                    .and_then(LogicalPlanBuilder::build)
                    .map_err(|error| failed(error, &sql))?;
                (self.synthetic(&sql, &output.from, plan)?, "t".to_owned())
            }
        };
        let Some(limit) = output.limit else {
            return Ok(node);
        };
        let shown = self.showable(&node, output, withheld)?;
        let sql = Arc::new(SqlText::plain("", anywhere(self.world.spec, self.job)));
        let key = "terminal".to_owned();
        let schema = Arc::new(node.plan.schema().as_arrow().clone());
        self.prover.bound.insert(key.clone(), node);
        let source = Arc::new(BoundSource { name: key, schema });
        let columns: Vec<_> = shown
            .iter()
            .map(|name| datafusion::logical_expr::ident(name.as_str()))
            .collect();
        // All rows are a multiset, as those that a pipeline writes: they stream.
        let sorted = columns.iter().filter(|_| limit < usize::MAX);
        let keys: Vec<_> = sorted
            .map(|column| column.clone().sort(true, true))
            .collect();
        let plan = LogicalPlanBuilder::scan(name, source, None)
            .and_then(|plan| plan.project(columns))
            .and_then(|plan| {
                if keys.is_empty() {
                    Ok(plan)
                } else {
                    plan.sort(keys)
                }
            })
            .and_then(|plan| match limit {
                usize::MAX => Ok(plan),
                limit => plan.limit(0, Some(limit)),
            })
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| failed(error, &sql))?;
        self.synthetic(&sql, &output.from, plan)
    }

    fn synthetic(&mut self, sql: &Arc<SqlText>, name: &str, plan: LogicalPlan) -> Bound<Arc<Node>> {
        let facts = StepFacts {
            index: self.texts.len(),
            sql: Arc::clone(sql),
            min_group: None,
            endorsed: false,
        };
        self.texts.push(Text {
            name: name.to_owned(),
            sql: Arc::clone(sql),
        });
        let before = std::mem::replace(&mut self.prover.step, facts);
        let node = self.prover.node(&Arc::new(plan));
        self.prover.step = before;
        node
    }

    /// The columns that the terminal may show; the others are withheld.
    fn showable(
        &mut self,
        node: &Node,
        output: &Output,
        withheld: &mut Vec<(String, Level)>,
    ) -> Bound<Vec<String>> {
        let fields = node.plan.schema().fields();
        let known: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        for wanted in output.wanted.iter().flatten() {
            if !known.contains(wanted) {
                return Err(crate::job::unknown("column", wanted, &known, None));
            }
        }
        let mut shown = Vec::new();
        for (name, cell) in known.iter().zip(&node.relation.columns) {
            if output
                .wanted
                .as_ref()
                .is_some_and(|wanted| !wanted.contains(name))
            {
                continue;
            }
            let seen = self.prover.seen(cell);
            let world = self.world;
            let clear = self
                .prover
                .labels
                .entries(seen)
                .filter(|(_, view, _)| view.is_clear());
            let level = clear
                .map(|(origin, _, _)| world.level(origin))
                .max()
                .unwrap_or(Level::bottom());
            if level <= output.clearance {
                shown.push(name.clone());
            } else {
                withheld.push((name.clone(), level));
            }
        }
        Ok(shown)
    }
}

/// A place in the files for what has none of its own.
fn anywhere(spec: &Spec, job: &Job) -> sealine_spec::Span {
    let step = job.steps.first().map(|step| step.sql.span);
    let dataset = job.inputs.first().map(|(_, dataset)| dataset.span);
    let any = spec.datasets.values().next().map(|dataset| dataset.span);
    step.or(dataset)
        .or(any)
        .unwrap_or_else(|| sealine_spec::Span::new(Files::default().insert("", ""), 0, 0))
}
