//! The class as the teacher sees it: every student at a glance, kept up to date by the sessions themselves.
//!
//! # Invariants
//! * Nothing here waits: a session notes a change and goes on; whoever shows the class looks at its own pace.
//! * What is shown of a student survives a restart, since it is read from their stored session at the start.

use super::hub::ClientId;
use super::protocol::class::{Doing, Pupil, What};
use super::protocol::timestamp;
use super::session::{Kept, read_learner};
use super::transcript::now;
use crate::classroom::{ClassroomError, Person, Role, Setting, Store};
use crate::tutor::{State, Verdict};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, watch};

/// News that a slow teacher's page may be behind before it misses some (and then asks for everything).
const MAX_NEWS: usize = 64;

/// See the module.
pub(super) struct Class {
    pupils: Mutex<BTreeMap<String, Pupil>>,
    paused: AtomicBool,
    changed: watch::Sender<()>,
    news: broadcast::Sender<What>,
}

impl Class {
    /// The class as the classroom has it. Blocks.
    pub(super) fn load(classroom: &Store) -> Result<Self, ClassroomError> {
        let mut pupils = BTreeMap::new();
        for person in classroom.students()? {
            pupils.insert(person.client_id.clone(), known(&person));
        }
        for session in classroom.all_sessions()? {
            let Ok(client_id) = session.client_id.parse::<ClientId>() else { continue };
            let is_teacher = |person: Person| person.role == Role::Teacher;
            if classroom.person(client_id.as_str())?.is_some_and(is_teacher) {
                continue;
            }
            let pupil = pupils.entry(session.client_id.clone()).or_insert_with(|| stranger(client_id.as_str()));
            pupil.num_messages = session.num_messages;
            pupil.last_seen = Some(timestamp(session.updated));
            note_state(pupil, &Kept::read(session.state.as_deref(), &client_id));
            let learned = classroom.learned(client_id.as_str())?;
            let learner = read_learner(learned.as_deref(), &client_id);
            note_name(pupil, learner.name.as_deref());
        }
        for asked in classroom.questions()? {
            if let Some(pupil) = pupils.get_mut(&asked.client_id).filter(|_| asked.asked.verdict == "not_in_books") {
                pupil.num_not_in_books += 1;
            }
        }
        let paused = classroom.setting(Setting::Paused)?.as_deref() == Some("1");
        Ok(Self {
            pupils: Mutex::new(pupils),
            paused: AtomicBool::new(paused),
            changed: watch::Sender::new(()),
            news: broadcast::Sender::new(MAX_NEWS),
        })
    }

    fn pupils(&self) -> MutexGuard<'_, BTreeMap<String, Pupil>> {
        self.pupils.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a student; of the teacher, who also may learn here, nothing is.
    fn with(&self, client_id: &ClientId, change: impl FnOnce(&mut Pupil)) {
        if let Some(pupil) = self.pupils().get_mut(client_id.as_str()) {
            change(pupil);
        }
        self.changed.send_replace(());
    }

    /// Everyone, by name.
    pub(super) fn students(&self) -> Vec<Pupil> {
        let mut students: Vec<Pupil> = self.pupils().values().cloned().map(settled).collect();
        students.sort_by_cached_key(|pupil| (pupil.name.to_lowercase(), pupil.client_id.clone()));
        students
    }

    /// The name of a student; their `client_id` if there is none.
    pub(super) fn name(&self, client_id: &str) -> String {
        self.pupils().get(client_id).map_or_else(|| client_id.to_owned(), |pupil| pupil.name.clone())
    }

    /// Wakes whenever something changed.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What is to be asked for again.
    pub(super) fn news(&self) -> broadcast::Receiver<What> {
        self.news.subscribe()
    }

    /// Tells the teacher's pages what to ask for again.
    pub(super) fn tell(&self, what: What) {
        // Fails only when no page listens.
        let _nobody = self.news.send(what);
    }

    /// Whether messages are refused now.
    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Something that the class shows has changed elsewhere.
    pub(super) fn touched(&self) {
        self.changed.send_replace(());
    }

    /// Pauses, or goes on.
    pub(super) fn set_paused(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
        self.changed.send_replace(());
    }

    /// A student is on the list now.
    pub(super) fn someone_joined(&self, person: &Person) {
        if person.role == Role::Teacher {
            return;
        }
        self.pupils().entry(person.client_id.clone()).or_insert_with(|| known(person)).name.clone_from(&person.name);
        self.changed.send_replace(());
        self.tell(What::Students);
    }

    /// A student is not on the list any more.
    pub(super) fn someone_left(&self, client_id: &str) {
        self.pupils().remove(client_id);
        self.changed.send_replace(());
        self.tell(What::Students);
    }

    /// A student came.
    pub(super) fn came(&self, client_id: &ClientId) {
        let id = client_id.as_str();
        self.pupils().entry(id.to_owned()).or_insert_with(|| stranger(id)).connected = true;
        self.with(client_id, |pupil| pupil.last_seen = Some(timestamp(now())));
    }

    /// A student went.
    pub(super) fn went(&self, client_id: &ClientId) {
        self.with(client_id, |pupil| pupil.connected = false);
    }

    /// A student's message was taken.
    pub(super) fn accepted(&self, client_id: &ClientId) {
        self.with(client_id, |pupil| {
            pupil.num_messages += 1;
            pupil.last_seen = Some(timestamp(now()));
        });
    }

    /// What a student's turn is doing; nothing when it has ended.
    pub(super) fn doing(&self, client_id: &ClientId, status: Option<(State, Option<usize>)>) {
        self.with(client_id, |pupil| {
            (pupil.state, pupil.queue_position) = match status {
                Some((State::Queued, position)) => (Doing::Waiting, position),
                Some(_) => (Doing::Writing, None),
                None => (Doing::Idle, None),
            };
        });
    }

    /// A student got a reply.
    pub(super) fn replied(&self, client_id: &ClientId, kept: &Kept, name: Option<&str>, verdict: Option<Verdict>) {
        self.with(client_id, |pupil| {
            note_state(pupil, kept);
            note_name(pupil, name);
            pupil.num_not_in_books += u32::from(verdict == Some(Verdict::NotInBooks));
            pupil.last_seen = Some(timestamp(now()));
        });
        self.tell(What::Questions);
    }

    /// A student's conversation begins anew.
    pub(super) fn reset(&self, client_id: &ClientId) {
        self.with(client_id, |pupil| {
            note_state(pupil, &Kept::default());
            pupil.num_messages = 0;
        });
    }
}

fn known(person: &Person) -> Pupil {
    Pupil { client_id: person.client_id.clone(), name: person.name.clone(), ..Pupil::default() }
}

/// Where nobody logs in, a student is known by their program's name until they say theirs.
fn stranger(client_id: &str) -> Pupil {
    Pupil { client_id: client_id.to_owned(), name: client_id.to_owned(), ..Pupil::default() }
}

/// A name that was given in the conversation is taken only where none was given at the door.
fn note_name(pupil: &mut Pupil, name: Option<&str>) {
    if let Some(name) = name.filter(|_| pupil.name == pupil.client_id) {
        name.clone_into(&mut pupil.name);
    }
}

fn note_state(pupil: &mut Pupil, kept: &Kept) {
    let session = &kept.tutor;
    pupil.mode = session.mode;
    pupil.topic.clone_from(&session.current_topic);
    pupil.lesson = session.lesson.as_ref().map(crate::tutor::Lesson::place);
    pupil.section = session.section().map(str::to_owned);
    pupil.stuck = session.stuck();
}

/// A glance with its one state: away before stuck, and stuck only while nobody is being answered.
fn settled(mut pupil: Pupil) -> Pupil {
    pupil.state = match pupil.state {
        _ if !pupil.connected => Doing::Away,
        Doing::Waiting | Doing::Writing => pupil.state,
        _ if pupil.stuck.is_some() => Doing::Stuck,
        _ => Doing::Idle,
    };
    pupil
}
