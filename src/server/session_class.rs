//! What the teacher does to one student's session: tells, pauses, signs out.

use super::outbox::Outbox;
use super::protocol::{self, Addressee, Close, ServerFrame};
use super::session::LiveSession;
use super::transcript::now;
use crate::classroom::{ClassroomError, Notice};

/// What was said to the class longer ago than this is of an earlier lesson, in seconds.
const OLD_NOTICE: i64 = 12 * 3600;

/// The frame that tells a student whether the class is paused.
pub(super) fn paused(paused: bool) -> ServerFrame {
    let words = if paused { "Your teacher has paused the class." } else { "The class goes on." };
    ServerFrame::Paused { paused, response: words.to_owned() }
}

fn notice_frame(notice: &Notice) -> ServerFrame {
    ServerFrame::Notice {
        response: format!("Your teacher: {}", notice.content),
        content: notice.content.clone(),
        to: if notice.client_id.is_some() { Addressee::You } else { Addressee::Class },
        notice_id: notice.id.to_string(),
        timestamp: protocol::timestamp(notice.created),
    }
}

impl LiveSession {
    /// Sends what the teacher said that the student has not had.
    pub(super) fn send_notices(&self, outbox: &Outbox) -> Result<(), ClassroomError> {
        let (classroom, client_id) = (&self.hub.classroom, self.client_id().as_str());
        let unread = classroom.unread_notices(client_id, now() - OLD_NOTICE)?;
        unread.iter().for_each(|notice| outbox.send(&notice_frame(notice)));
        unread.last().map_or(Ok(()), |last| classroom.mark_noticed(client_id, last.id))
    }

    /// The same for whoever is connected; says whether anyone is.
    pub(super) fn notify(&self) -> Result<bool, ClassroomError> {
        let inner = self.lock();
        let Some(attached) = &inner.attached else { return Ok(false) };
        self.send_notices(&attached.outbox).map(|()| true)
    }

    /// Tells whoever is connected that the class is paused, or goes on.
    pub(super) fn tell_paused(&self, is_paused: bool) -> bool {
        let inner = self.lock();
        inner.attached.as_ref().inspect(|attached| attached.outbox.send(&paused(is_paused))).is_some()
    }

    /// Closes the connection of someone who may not be here any more.
    pub(super) fn sign_out(&self) {
        if let Some(attached) = &self.lock().attached {
            attached.outbox.close(Close::Policy);
        }
    }
}
