//! The way to the helper.

use std::{
    collections::HashMap,
    io,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::{
    Action, Answer, Replies, Reply, Request,
    wire::{self, LONGEST, Received},
};

/// The connection to a helper. Two threads read and write it, so that one that hangs keeps nobody
/// waiting beyond a deadline.
#[derive(Debug)]
pub struct Link {
    outgoing: mpsc::Sender<(Vec<u8>, Vec<OwnedFd>)>,
    next: AtomicU64,
    waiting: Arc<Waiting>,
}

/// Who waits for which reply; nobody any more once the helper is gone.
#[derive(Debug, Default)]
struct Waiting {
    by_number: Mutex<HashMap<u64, UnboundedSender<Reply>>>,
    gone: CancellationToken,
}

impl Waiting {
    fn all(&self) -> MutexGuard<'_, HashMap<u64, UnboundedSender<Reply>>> {
        self.by_number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, Answer { number, reply }: Answer) {
        let mut all = self.all();
        let more = matches!(reply, Reply::Started(_));
        let waiting = if more { all.get(&number).cloned() } else { all.remove(&number) };
        // Who asked may have given up.
        let _ = waiting.map(|waiting| waiting.send(reply));
    }

    fn end(&self) {
        self.gone.cancel();
        self.all().clear();
    }
}

impl Link {
    /// Speaks to the helper at the other end of this socket.
    pub fn new(socket: OwnedFd) -> io::Result<Self> {
        let waiting = Arc::new(Waiting::default());
        let (outgoing, messages) = mpsc::channel::<(Vec<u8>, Vec<OwnedFd>)>();
        let (reading, heard) = (socket.try_clone()?, Arc::clone(&waiting));
        thread::Builder::new().name("from-helper".to_owned()).spawn(move || {
            listen(&reading, &heard);
            heard.end();
        })?;
        let unheard = Arc::clone(&waiting);
        thread::Builder::new().name("to-helper".to_owned()).spawn(move || {
            for (message, files) in messages {
                if wire::send(&socket, &message, &files).is_err() {
                    unheard.end();
                }
            }
        })?;
        Ok(Self { outgoing, next: AtomicU64::new(1), waiting })
    }

    /// Asks for an action.
    pub(super) fn ask(
        &self,
        submissions: &[i64],
        user: &str,
        action: Action,
        files: Vec<OwnedFd>,
    ) -> Replies {
        let (replies, receiver) = unbounded_channel();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (submissions, user) = (submissions.to_vec(), user.to_owned());
        let request = Request { number, submissions, user, action };
        let message = match serde_json::to_vec(&request) {
            Ok(message) if message.len() <= LONGEST => message,
            unfit => {
                let why = unfit.err().map_or("it is too long".to_owned(), |e| e.to_string());
                let why = format!("this can't be told to the agent's helper: {why}");
                let _ = replies.send(Reply::Refused(why));
                return receiver;
            }
        };
        let mut all = self.waiting.all();
        // Under the lock: who is entered later would wait for ever.
        if !self.waiting.gone.is_cancelled() {
            all.insert(number, replies);
            let _ = self.outgoing.send((message, files));
        }
        receiver
    }

    pub(super) async fn lost(&self) {
        self.waiting.gone.cancelled().await;
    }
}

fn listen(socket: &OwnedFd, waiting: &Waiting) {
    loop {
        match wire::receive(socket) {
            Ok(Received::Message(message, _)) => match serde_json::from_slice(&message) {
                Ok(answer) => waiting.deliver(answer),
                Err(error) => {
                    tracing::error!(%error, "the helper's answer is not understood");
                    return;
                }
            },
            Ok(Received::TooLong | Received::WithoutFiles(_) | Received::End) => return,
            Err(error) => {
                tracing::error!(%error, "the helper cannot be heard");
                return;
            }
        }
    }
}
