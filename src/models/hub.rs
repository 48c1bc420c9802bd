//! The model hub as a source, through hf-hub. `HF_ENDPOINT` names another hub, `HF_TOKEN` opens models behind a licence.
//!
//! hf-hub streams; writing, hashing, resuming and giving up are ours, so nothing lands in its cache.

#[cfg(not(feature = "hub"))]
pub(super) use absent::Repository;
#[cfg(feature = "hub")]
pub(super) use present::Repository;

#[cfg(not(feature = "hub"))]
mod absent {
    use super::super::error::FetchError;
    use super::super::pull::{Listener, Want};
    use super::super::store::PartFile;

    /// A repository that this build cannot reach.
    pub(in crate::models) enum Repository {}

    impl Repository {
        pub(in crate::models) fn open(_: &str, _: &str, _: &str) -> Result<Self, FetchError> {
            Err(FetchError::Source("this build has no hub support (cargo feature `hub`)".into()))
        }

        pub(in crate::models) fn revision(&self) -> &str {
            match *self {}
        }

        pub(in crate::models) fn copy(
            &self,
            _: &Want<'_>,
            _: &mut PartFile,
            _: &mut Listener<'_>,
        ) -> Result<(), FetchError> {
            match *self {}
        }
    }
}

#[cfg(feature = "hub")]
mod present {
    use super::super::catalog::is_commit;
    use super::super::error::FetchError;
    use super::super::pull::{Listener, PullEvent, Want};
    use super::super::store::PartFile;
    use futures_util::StreamExt as _;
    use hf_hub::{HFClient, HFError, HFRepository, RepoTypeModel};
    use std::time::Duration;

    /// Until the head of a response must be there.
    const ANSWER: Duration = Duration::from_secs(15);
    /// Longest pause inside a body.
    const STALL: Duration = Duration::from_secs(30);
    /// Tries in a row that bring nothing new before a file is given up.
    const MAX_TRIES: u32 = 3;
    /// Pause before the second try; the third waits twice as long.
    const PAUSE: Duration = Duration::from_millis(300);

    /// A repository of the hub at one commit.
    pub(in crate::models) struct Repository {
        runtime: tokio::runtime::Runtime,
        remote: HFRepository<RepoTypeModel>,
        endpoint: String,
        revision: String,
        folder: String,
    }

    impl Repository {
        /// Reaches the hub and resolves a branch to its commit. A commit is taken as it is, without a request.
        pub(in crate::models) fn open(repo: &str, revision: &str, folder: &str) -> Result<Self, FetchError> {
            let plain = |what: &str, error: &dyn std::error::Error| FetchError::Source(format!("{what}: {error}"));
            let builder = HFClient::builder().retry_max_attempts(1).cache_enabled(false);
            let client = builder.build().map_err(|error| plain("HF_ENDPOINT", &error))?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| plain("no runtime", &error))?;
            let (owner, name) = hf_hub::split_id(repo);
            let mut repository = Repository {
                remote: client.model(owner, name),
                endpoint: client.endpoint().to_owned(),
                runtime,
                revision: revision.to_owned(),
                folder: folder.to_owned(),
            };
            if !is_commit(revision) {
                repository.revision = aside(|| repository.runtime.block_on(repository.resolve()))?;
            }
            Ok(repository)
        }

        /// The commit, once resolved.
        pub(in crate::models) fn revision(&self) -> &str {
            &self.revision
        }

        /// Streams one file into `part`, going on where a broken connection left off if the hub can do that.
        pub(in crate::models) fn copy(
            &self,
            want: &Want<'_>,
            part: &mut PartFile,
            on_event: &mut Listener<'_>,
        ) -> Result<(), FetchError> {
            aside(|| self.runtime.block_on(self.copy_stubbornly(want, part, on_event)))
        }

        async fn resolve(&self) -> Result<String, FetchError> {
            let request = self.remote.info().revision(self.revision.as_str()).send();
            let info = tokio::time::timeout(ANSWER, request).await.map_err(|_| self.silent())?;
            let commit = info.map_err(|error| self.told(&error).reason)?.sha;
            let commit = commit.filter(|commit| is_commit(commit));
            commit
                .ok_or_else(|| FetchError::Source(format!("{} names no commit for `{}`", self.endpoint, self.revision)))
        }

        async fn copy_stubbornly(
            &self,
            want: &Want<'_>,
            part: &mut PartFile,
            on_event: &mut Listener<'_>,
        ) -> Result<(), FetchError> {
            let (mut tries, mut best, mut total) = (1, 0, None);
            loop {
                let Err(broken) = self.copy_once(want, part, &mut total, on_event).await else { return Ok(()) };
                if part.written() > best {
                    (best, tries) = (part.written(), 1);
                }
                if !broken.may_pass || tries >= MAX_TRIES {
                    return Err(broken.reason);
                }
                let reason = broken.reason.to_string();
                on_event(PullEvent::Retrying { from: want.from, file: want.file, reason: &reason });
                tokio::time::sleep(PAUSE * tries).await;
                tries += 1;
            }
        }

        /// One request. `total` is the file's length as the hub told it first.
        async fn copy_once(
            &self,
            want: &Want<'_>,
            part: &mut PartFile,
            total: &mut Option<u64>,
            on_event: &mut Listener<'_>,
        ) -> Result<(), Broken> {
            let path = if self.folder.is_empty() { want.file.into() } else { format!("{}/{}", self.folder, want.file) };
            let rest = total.filter(|total| (1..*total).contains(&part.written())).map(|total| part.written()..total);
            let request = self.remote.download_file_stream().filename(path).revision(self.revision.as_str());
            let request = request.maybe_range(rest.clone()).send();
            let answer = tokio::time::timeout(ANSWER, request).await.map_err(|_| Broken::passing(self.silent()))?;
            let (length, mut body) = answer.map_err(|error| self.told(&error))?;
            // A hub that cannot resume sends the whole file again; its length tells.
            if rest.is_none_or(|rest| length != Some(rest.end - rest.start)) {
                part.restart().map_err(Broken::lasting)?;
                *total = length;
            }
            loop {
                let chunk =
                    tokio::time::timeout(STALL, body.next()).await.map_err(|_| Broken::passing(self.silent()))?;
                let Some(chunk) = chunk else { break };
                let chunk = chunk.map_err(|error| Broken::passing(self.told(&error).reason))?;
                part.write(&chunk).map_err(Broken::lasting)?;
                let total = total.or(want.bytes);
                on_event(PullEvent::Progress { file: want.file, done: part.written(), total });
            }
            match *total {
                Some(expected) if expected != part.written() => {
                    let got = part.written();
                    part.restart().map_err(Broken::lasting)?;
                    Err(Broken::passing(FetchError::WrongLength { expected, got }))
                }
                _ => Ok(()),
            }
        }

        fn silent(&self) -> FetchError {
            FetchError::Source(format!("{} does not answer", self.endpoint))
        }

        /// An error of hf-hub in words for the user.
        fn told(&self, error: &HFError) -> Broken {
            let reason = match error {
                HFError::EntryNotFound { path, repo_id, .. } => {
                    format!("{} has no {path} in {repo_id} at {}", self.endpoint, self.revision)
                }
                HFError::RepoNotFound { repo_id, .. } => format!("{} has no {repo_id}", self.endpoint),
                HFError::RevisionNotFound { repo_id, revision, .. } => {
                    format!("{} has no {repo_id} at {revision}", self.endpoint)
                }
                HFError::AuthRequired { .. } | HFError::Forbidden { .. } => format!(
                    "{} refuses without permission: accept the model's licence there and set HF_TOKEN",
                    self.endpoint
                ),
                HFError::Request { source, .. } if source.is_connect() => {
                    format!("cannot reach {}: {}", self.endpoint, innermost(source))
                }
                HFError::Request { source, .. } => {
                    format!("connection to {} broke: {}", self.endpoint, innermost(source))
                }
                other => other.to_string(),
            };
            let may_pass = match error {
                HFError::Request { source, .. } => !source.is_connect() && !source.is_builder(),
                HFError::Http { context } => context.status.is_server_error(),
                HFError::RateLimited { .. } => true,
                _ => false,
            };
            Broken { may_pass, reason: FetchError::Source(reason) }
        }
    }

    /// A request that failed.
    struct Broken {
        /// Whether the same request may succeed in a moment.
        may_pass: bool,
        reason: FetchError,
    }

    impl Broken {
        fn passing(reason: FetchError) -> Self {
            Broken { may_pass: true, reason }
        }

        fn lasting(reason: FetchError) -> Self {
            Broken { may_pass: false, reason }
        }
    }

    /// The last cause of an error, which is what the system said.
    fn innermost(error: &dyn std::error::Error) -> String {
        let mut cause = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        cause.to_string()
    }

    /// Runs a task on a thread of its own: blocking on a runtime inside another runtime's thread would panic.
    fn aside<T: Send>(task: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let joined = scope.spawn(task).join();
            joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}
