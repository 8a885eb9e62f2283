//! The project that a verb works on: opened by the engine, decided by the engine. Every verb comes
//! through here, so none can skip a stage.

use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::passphrase;
use crate::progress::Shown;
use crate::screen::Screen;
use crate::show;
use crate::signals;
use sealine_access::{Action, Authorized, Principal};
use sealine_engine::{
    Beside, CancelToken, EngineError, Examined, ExportForm, Exported, NotDecided, OpenError,
    Progress, Project, RunId, RunReport, Session, Setup, Shown as Rows, Silent, TwinAsked,
    TwinReport, Undecided, VaultReport, twins,
};
use sealine_keys::Keystore;
use sealine_plan::{Plan, Request};
use sealine_protect::anonymity::Roles;
use sealine_spec::{Diagnostics, Files, Severity};
use std::path::Path;
use std::sync::Arc;

/// A project whose files are sound, and who asks.
pub(crate) struct Opened {
    project: Project,
    user: Principal,
}

/// Why a request was not authorized.
pub(crate) struct Refused {
    /// The findings.
    pub(crate) diagnostics: Diagnostics,
    /// Broken or refused.
    pub(crate) exit: Exit,
}

/// Opens the project and tells of warnings.
pub(crate) fn open(directory: &Path, screen: &Screen) -> Result<Opened, Failure> {
    let opened = open_quietly(directory)?;
    if !screen.is_json() {
        let all = opened.diagnostics().iter();
        let warnings: Diagnostics = all
            .filter(|one| one.severity == Severity::Warning)
            .cloned()
            .collect();
        show::people(screen, opened.files(), &warnings);
    }
    Ok(opened)
}

/// Opens the project that has a dataset: in its catalog, or written by `sealine protect` without `--save`, which is
/// named by its id or by where it lies. Returns the id.
pub(crate) fn open_for(
    directory: &Path,
    dataset: &str,
    screen: &Screen,
) -> Result<(Opened, String), Failure> {
    let opened = open(directory, screen)?;
    let datasets = &opened.project().spec().datasets;
    if datasets.contains_key(dataset) {
        return Ok((opened, dataset.to_owned()));
    }
    let Some((id, kept)) = opened.project().kept(dataset) else {
        let others = opened.project().all_kept();
        let known = datasets.keys().map(String::as_str).chain(others);
        return Err(Failure::Unknown {
            what: "dataset",
            name: dataset.to_owned(),
            suggestion: suggestion(dataset, known),
        });
    };
    if datasets.contains_key(&id) {
        return Ok((opened, id));
    }
    let opened = self::opened(Project::open_kept(directory, &id, kept))?;
    Ok((opened, id))
}

/// Opens the project.
pub(crate) fn open_quietly(directory: &Path) -> Result<Opened, Failure> {
    opened(Project::open(directory))
}

/// Opens the project with the texts of one more pipeline, which runs as the user.
pub(crate) fn open_beside(directory: &Path, beside: Beside) -> Result<Opened, Failure> {
    opened(Project::open_beside(directory, beside))
}

fn opened(project: Result<Project, OpenError>) -> Result<Opened, Failure> {
    match project {
        Ok(project) => Ok(Opened {
            project,
            user: user(),
        }),
        Err(OpenError::Engine(error)) => Err(failed(&error, Exit::Broken)),
        Err(OpenError::Broken { files, diagnostics }) => Err(Failure::Findings {
            files,
            diagnostics,
            exit: Exit::Broken,
        }),
    }
}

impl Opened {
    /// The project.
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    /// Its texts.
    pub(crate) fn files(&self) -> &Files {
        self.project.files()
    }

    /// What is worth telling and stops nothing.
    pub(crate) fn diagnostics(&self) -> &Diagnostics {
        self.project.warnings()
    }

    /// The names of its pipelines.
    pub(crate) fn pipelines(&self) -> Vec<String> {
        self.project.spec().pipelines.keys().cloned().collect()
    }

    /// The pipeline of that name, or the only one.
    pub(crate) fn pipeline(&self, name: Option<&str>) -> Result<String, Failure> {
        let all = &self.project.spec().pipelines;
        match name {
            Some(name) if all.contains_key(name) => Ok(name.to_owned()),
            Some(name) => Err(Failure::Unknown {
                what: "pipeline",
                name: name.to_owned(),
                suggestion: suggestion(name, all.keys().map(String::as_str)),
            }),
            None => match all.keys().next() {
                Some(only) if all.len() == 1 => Ok(only.clone()),
                _ => {
                    let names: Vec<&str> = all.keys().map(String::as_str).collect();
                    Err(Failure::WhichPipeline {
                        count: all.len(),
                        names: names.join(", "),
                    })
                }
            },
        }
    }

    /// Proves and decides a pipeline. Touches no data and logs nothing.
    pub(crate) fn check(&self, pipeline: &str) -> Result<Authorized<Plan>, Refused> {
        self.decide(&Request::Pipeline(pipeline.to_owned()))
    }

    /// Proves and decides a request. Touches no data and logs nothing.
    pub(crate) fn decide(&self, request: &Request) -> Result<Authorized<Plan>, Refused> {
        self.decide_whole(request)
            .map_err(|undecided| match undecided {
                Undecided::Broken(diagnostics) => Refused {
                    diagnostics,
                    exit: Exit::Broken,
                },
                Undecided::Refused(refusal) => Refused {
                    diagnostics: refusal.diagnostics,
                    exit: Exit::Refused,
                },
            })
    }

    /// The same, with all that the engine says of a refusal.
    pub(crate) fn decide_whole(&self, request: &Request) -> Result<Authorized<Plan>, Undecided> {
        // No session is taken, so the epoch cannot matter: what is authorized here is never run.
        self.project.decide(request, &self.user, 0)
    }

    /// Proves a pipeline, whatever the policy says of it.
    pub(crate) fn prove(&self, pipeline: &str) -> Result<Plan, Failure> {
        self.project
            .prove(&Request::Pipeline(pipeline.to_owned()))
            .map_err(|diagnostics| Failure::Findings {
                files: Box::new(self.files().clone()),
                diagnostics,
                exit: Exit::Broken,
            })
    }

    /// The refusal as the end of a verb.
    pub(crate) fn failure(&self, refused: Refused) -> Failure {
        Failure::Findings {
            files: Box::new(self.files().clone()),
            diagnostics: refused.diagnostics,
            exit: refused.exit,
        }
    }

    /// Runs a pipeline to its commit.
    pub(crate) fn run(self, pipeline: &str, shown: Arc<Shown>) -> Result<RunReport, Failure> {
        self.run_as(pipeline, None, shown)
    }

    /// Runs a pipeline to its commit; under an id of the caller's at most once.
    pub(crate) fn run_as(
        self,
        pipeline: &str,
        id: Option<RunId>,
        shown: Arc<Shown>,
    ) -> Result<RunReport, Failure> {
        // Keys and log are made by a session; a pipeline that cannot even be planned makes nothing.
        self.prove(pipeline)?;
        let files = Box::new(self.project.files().clone());
        let told = {
            let shown = Arc::clone(&shown);
            move || shown.stopping()
        };
        let mut session = begin(self.project, Setup::Allowed, shown)?;
        let request = Request::Pipeline(pipeline.to_owned());
        let authorized = session
            .decide(&request, &self.user)
            .map_err(|undecided| not_decided(files, undecided))?;
        let cancel = CancelToken::new();
        let outcome = match id {
            Some(id) => block(&cancel, told, session.run_as(authorized, id, &cancel))?,
            None => block(&cancel, told, session.run(authorized, &cancel))?,
        };
        outcome.map_err(|error| failed(&error, Exit::Failed))
    }

    /// Runs the twins of a pipeline, in a copy of the project.
    pub(crate) fn twins(&self, asked: &TwinAsked, screen: &Screen) -> Result<TwinReport, Failure> {
        let shown = Arc::new(Shown::new(screen));
        let told = {
            let shown = Arc::clone(&shown);
            move || shown.stopping()
        };
        let tell = |done, total| shown.twins(done, total);
        let cancel = CancelToken::new();
        let running = twins(&self.project, &self.user, asked, &tell, &cancel);
        let outcome = block(&cancel, told, running);
        shown.end();
        outcome?.map_err(|error| failed(&error, Exit::Failed))
    }

    /// Reads rows for the terminal, along the same path as a run.
    pub(crate) fn show(self, request: &Request) -> Result<Rows, Failure> {
        let files = Box::new(self.project.files().clone());
        let mut session = begin(self.project, Setup::Required, Arc::new(Silent))?;
        let authorized = session
            .decide(request, &self.user)
            .map_err(|undecided| not_decided(files, undecided))?;
        let cancel = CancelToken::new();
        block(&cancel, || (), session.show(authorized, &cancel))?.map_err(|error| {
            let exit = match error {
                EngineError::NothingShown { .. } => Exit::Refused,
                _ => Exit::Failed,
            };
            failed(&error, exit)
        })
    }

    /// Measures the anonymity of a dataset, along the same path as a run.
    pub(crate) fn measure(self, request: &Request, asked: Roles) -> Result<Examined, Failure> {
        let files = Box::new(self.project.files().clone());
        let mut session = begin(self.project, Setup::Required, Arc::new(Silent))?;
        let authorized = session
            .decide(request, &self.user)
            .map_err(|undecided| not_decided(files, undecided))?;
        let cancel = CancelToken::new();
        block(&cancel, || (), session.measure(authorized, asked, &cancel))?.map_err(|error| {
            // Columns that are not there were typed wrong.
            let exit = match error {
                EngineError::Unmeasurable { .. } => Exit::Broken,
                _ => Exit::Failed,
            };
            failed(&error, exit)
        })
    }

    /// Opens protected values into a file, along the same path as a run.
    pub(crate) fn export(
        self,
        request: &Request,
        file: &Path,
        form: &ExportForm,
        shown: Arc<Shown>,
    ) -> Result<Exported, Failure> {
        let files = Box::new(self.project.files().clone());
        let mut session = begin(self.project, Setup::Required, shown)?;
        let authorized = session
            .decide(request, &self.user)
            .map_err(|undecided| not_decided(files, undecided))?;
        let cancel = CancelToken::new();
        block(
            &cancel,
            || (),
            session.export(authorized, file, form, &cancel),
        )?
        .map_err(|error| failed(&error, Exit::Failed))
    }

    /// Holds the project for work on its keys.
    pub(crate) fn session(
        self,
        setup: Setup,
        screen: &Screen,
    ) -> Result<(Session, Principal), Failure> {
        let shown = Arc::new(Shown::new(screen));
        Ok((begin(self.project, setup, shown)?, self.user))
    }

    /// Its keystore, for reading; `None` while there is none.
    pub(crate) fn keystore(&mut self) -> Result<Option<Keystore>, Failure> {
        unlock(&mut self.project)?;
        let keystore = self.project.keystore();
        keystore.map_err(|error| failed(&error, Exit::Failed))
    }

    /// Counts the tokens of the project's vault; `None` where it has used none.
    pub(crate) fn vault(&self) -> Result<Option<VaultReport>, EngineError> {
        self.project.vault(&self.user)
    }

    /// Asks the policy whether the user may do something with a key. Logs nothing.
    pub(crate) fn permit_key(&self, action: Action, key: &str) -> Result<(), EngineError> {
        self.project.permit_key(&self.user, action, key)
    }
}

/// Gives the project the passphrase of its keystore, where that needs one.
fn unlock(project: &mut Project) -> Result<(), Failure> {
    // What is wrong with the keystore itself is told by whoever opens it.
    if matches!(project.needs_passphrase(), Ok(true))
        && let Some(passphrase) = passphrase::current()?
    {
        project.set_passphrase(passphrase);
    }
    Ok(())
}

fn begin(
    mut project: Project,
    setup: Setup,
    progress: Arc<dyn Progress>,
) -> Result<Session, Failure> {
    unlock(&mut project)?;
    Session::begin(project, setup, progress).map_err(|error| {
        let changed = matches!(error, EngineError::LabelsChanged { .. });
        failed(
            &error,
            if changed {
                Exit::Tampered
            } else {
                Exit::Failed
            },
        )
    })
}

/// Runs a future to its end, listening for who asks it to stop.
fn block<T>(
    cancel: &CancelToken,
    told: impl Fn() + Send + 'static,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|source| Failure::Runtime { source })?;
    let _listening = signals::listen(cancel.clone(), told);
    Ok(runtime.block_on(future))
}

fn not_decided(files: Box<Files>, undecided: NotDecided) -> Failure {
    match undecided {
        NotDecided::Broken(diagnostics) => Failure::Findings {
            files,
            diagnostics,
            exit: Exit::Broken,
        },
        NotDecided::Refused(refusal) => Failure::Findings {
            files,
            diagnostics: refusal.diagnostics,
            exit: Exit::Refused,
        },
        NotDecided::Failed(error) => failed(&error, Exit::Failed),
    }
}

/// An error of the engine, with its code.
pub(crate) fn failed(error: &EngineError, exit: Exit) -> Failure {
    Failure::Crate {
        code: error.code(),
        message: error.to_string(),
        exit,
    }
}

/// Who asks: the user that the system knows this process by. The environment is not believed.
fn user() -> Principal {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(own) = std::fs::metadata("/proc/self") else {
        return Principal::user("unknown");
    };
    let id = own.uid();
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then_some(name)
    });
    Principal::user(name.map_or_else(|| format!("uid-{id}"), str::to_owned))
}

/// A command to try next, as it is typed from here.
pub(crate) fn command(directory: &Path, command: &str) -> String {
    let shown = directory.display().to_string();
    if shown.is_empty() || shown == "." {
        return command.to_owned();
    }
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+".contains(letter);
    let shown = if shown.chars().all(plain) {
        shown
    } else {
        format!("'{}'", shown.replace('\'', "'\\''"))
    };
    match command.strip_prefix("sealine ") {
        Some(rest) => format!("sealine -C {shown} {rest}"),
        None => command.to_owned(),
    }
}
