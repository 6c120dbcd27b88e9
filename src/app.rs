//! The things that everything shares, built once and passed by reference.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, broadcast};

use crate::config::Config;
use crate::db::Db;
use crate::kernel::clock::Clock;
use crate::kernel::crypto::{Cipher, SecretError};
use crate::kernel::id::SubaccountId;
use crate::kernel::outbound::Outbound;
use crate::kernel::own_link::OwnLinks;

/// What the process works with.
#[derive(Debug)]
pub struct App {
    /// The settings.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The installation's secrets.
    pub cipher: Cipher,
    /// The present.
    pub clock: Clock,
    /// The one HTTP client.
    pub outbound: Outbound,
    /// Rung when there is something to dispatch.
    pub wake: Bell,
    /// What changed, for live pages and the stream.
    pub changes: broadcast::Sender<Change>,
    /// Where the carrier simulator answers.
    pub simulator_url: String,
    draining: AtomicBool,
}

/// Wakes the dispatchers and the chores; a ring while they work is not lost.
#[derive(Debug, Default)]
pub struct Bell {
    codes: Notify,
    dispatch: Notify,
    chores: Notify,
}

impl Bell {
    /// There is something to do.
    pub fn notify_one(&self) {
        self.codes.notify_one();
        self.notify_campaigns();
    }

    /// There is something to do, but no code to send.
    pub fn notify_campaigns(&self) {
        self.dispatch.notify_one();
        self.chores.notify_one();
    }

    /// Waits for a ring, for the dispatcher of codes.
    pub async fn codes(&self) {
        self.codes.notified().await;
    }

    /// Waits for a ring, for the dispatcher of all else.
    pub async fn dispatch(&self) {
        self.dispatch.notified().await;
    }

    /// Waits for a ring, for the chores.
    pub async fn chores(&self) {
        self.chores.notified().await;
    }
}

/// Something that a live page may want to show again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// A message moved to another status.
    Message {
        /// Whose it is; not part of what is sent out.
        #[serde(skip)]
        subaccount: SubaccountId,
        /// The message.
        id: String,
        /// Its new status.
        status: String,
        /// Its campaign, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        campaign: Option<String>,
    },
    /// A campaign moved to another status or its counts changed.
    Campaign {
        /// Whose it is; not part of what is sent out.
        #[serde(skip)]
        subaccount: SubaccountId,
        /// The campaign.
        id: String,
        /// Its status.
        status: String,
    },
    /// Somebody wrote to us, or their conversation was read, closed, opened again or assigned.
    Conversation {
        /// Whose it is; not part of what is sent out.
        #[serde(skip)]
        subaccount: SubaccountId,
        /// Who wrote.
        contact: String,
    },
}

impl Change {
    /// Whose change it is.
    pub fn subaccount(&self) -> &SubaccountId {
        match self {
            Self::Message { subaccount, .. } | Self::Campaign { subaccount, .. } | Self::Conversation { subaccount, .. } => subaccount,
        }
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(config: Config, db: Db, cipher: Cipher, clock: Clock, outbound: Outbound, simulator_url: String) -> Arc<Self> {
        let (changes, _) = broadcast::channel(1024);
        let wake = Bell::default();
        let draining = AtomicBool::new(false);
        Arc::new(Self { config, db, cipher, clock, outbound, wake, changes, simulator_url, draining })
    }

    /// The links that Peyk puts into texts by itself.
    pub fn links(&self) -> OwnLinks {
        OwnLinks::new(&self.config.link_url)
    }

    /// Tells live pages; nobody listening is fine.
    pub fn announce(&self, change: Change) {
        if self.changes.receiver_count() > 0 {
            let _nobody = self.changes.send(change);
        }
    }

    /// From now on the process takes no new work; `/readyz` says so.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Whether the process is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}

/// Why the secret key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key is there but faulty.
    #[error(transparent)]
    Faulty(#[from] SecretError),
    /// The file could not be read or made.
    #[error("the secret key file {path} cannot be used: {cause}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// The installation's secret: from the settings, from `secret.key` in the data folder, or a new one
/// written there, readable by its owner only.
pub fn load_cipher(config: &Config) -> Result<Cipher, KeyError> {
    if let Some(key) = &config.secret_key {
        return Ok(Cipher::from_text(key.expose())?);
    }
    let path = config.data.join("secret.key");
    let fault = |cause| KeyError::File { path: path.display().to_string(), cause };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Cipher::from_text(&text)?),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(&config.data).map_err(fault)?;
            make_key(&path).map_err(fault)?;
            Ok(Cipher::from_text(&fs::read_to_string(&path).map_err(fault)?)?)
        }
        Err(e) => Err(fault(e)),
    }
}

/// Writes a new key under a temporary name and links it into place, so that of two processes that
/// start at once one wins and a crash leaves no half key.
fn make_key(path: &Path) -> std::io::Result<()> {
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", Cipher::new_secret())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let config = Config::read(|n| (n == "PEYK_DATA").then(|| data.display().to_string())).expect("valid");
        let first = load_cipher(&config).expect("a key is made");
        let again = load_cipher(&config).expect("the key is read");
        assert_eq!(first.sign("x", b"y"), again.sign("x", b"y"));
        let mode = fs::metadata(data.join("secret.key")).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data).expect("a folder").count(), 1);
    }
}
