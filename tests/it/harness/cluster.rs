//! The PostgreSQL server that the tests share: the one that `PEYK_TEST_POSTGRES` names, or a private one.
//!
//! The private one listens on a socket in a folder of its own, is started by the first test that needs it,
//! and ends with this process: a shell holds it and waits on a pipe that only we hold the other end of, so
//! that it stops and its folder goes also when we are killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// Where to install what is missing from.
const HOW_TO_INSTALL: &str = "install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or name a server in PEYK_TEST_POSTGRES=postgres://user@host/postgres";

/// Starts the server whose programs lie in $1 with its data in $2, says `ready` (or why
/// not), and stops it when its own input ends. What it keeps need not outlive the machine, so it does not wait for the disk.
const KEEPER: &str = r#"
set -eu
trap '' INT HUP PIPE
bin=$1 data=$2 server= ready=
end() {
    if [ -n "$server" ]; then kill -QUIT "$server" && wait "$server"; fi
    if [ -z "$ready" ]; then tail -n 3 "$data/log"; fi
    rm -rf "$data"
}
trap end EXIT
"$bin/initdb" --pgdata="$data/pg" --username=peyk --auth=trust --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US --no-sync >"$data/log" 2>&1
"$bin/postgres" -D "$data/pg" -k "$data" -c listen_addresses= -c fsync=off -c max_connections=400 -c shared_buffers=64MB >>"$data/log" 2>&1 </dev/null &
server=$!
until "$bin/pg_isready" --quiet --host="$data"; do
    kill -0 "$server"
    sleep 0.05
done
ready=yes
echo ready
read -r end || true
"#;

/// A running private server.
struct Cluster {
    url: String,
    /// Its input is the pipe that keeps the server up.
    _keeper: Child,
}

static CLUSTER: LazyLock<Result<Cluster, String>> = LazyLock::new(Cluster::start);

/// The address of a database on the server from which others can be made.
pub fn maintenance_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests have no Config: this says where the tests' own server is")]
    let named = std::env::var("PEYK_TEST_POSTGRES");
    named.unwrap_or_else(|_| match &*CLUSTER {
        Ok(cluster) => cluster.url.clone(),
        Err(why) => panic!("the tests run on PostgreSQL too, and {why}: {HOW_TO_INSTALL}"),
    })
}

impl Cluster {
    fn start() -> Result<Self, String> {
        let bin = programs().ok_or("no server is installed")?;
        let data = tempfile::Builder::new().prefix("peyk-pg-").tempdir().expect("the temporary folder can be written to").keep();
        let mut command = as_ordinary_user(&data);
        command.args(["sh", "-c", KEEPER, "peyk-test-postgres"]).arg(&bin).arg(&data);
        // A process group of its own: Ctrl-C ends the tests, and the pipe then ends the server.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut keeper = command.spawn().map_err(|e| format!("no shell could be started ({e})"))?;
        let mut said = BufReader::new(keeper.stdout.take().expect("it is piped")).lines();
        match said.next() {
            Some(Ok(line)) if line == "ready" => {}
            first => {
                let log: Vec<String> = first.into_iter().chain(said).map_while(Result::ok).collect();
                return Err(format!("the one in {} did not start ({})", bin.display(), log.join("; ")));
            }
        }
        Ok(Self { url: format!("postgres://peyk@localhost/postgres?host={}", data.display()), _keeper: keeper })
    }
}

/// The folder of the newest server programs: Debian keeps them out of PATH.
fn programs() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let version = |bin: &PathBuf| bin.parent().and_then(Path::file_name).and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok());
    let newest = installed.filter(|bin| bin.join("initdb").exists()).max_by_key(version);
    newest.or_else(|| {
        let found = Command::new("sh").args(["-c", "dirname \"$(readlink -f \"$(command -v initdb)\")\""]).output().ok()?;
        let bin = PathBuf::from(String::from_utf8(found.stdout).ok()?.trim());
        bin.join("initdb").exists().then_some(bin)
    })
}

/// PostgreSQL refuses to run as root: then it runs as the user of its package, or as nobody.
fn as_ordinary_user(data: &Path) -> Command {
    if id_of(&["-u"]) != Some(0) {
        return Command::new("env");
    }
    let user = ["postgres", "nobody"].into_iter().find_map(|name| Some((id_of(&["-u", name])?, id_of(&["-g", name])?)));
    let (user, group) = user.expect("a machine has a user nobody");
    std::os::unix::fs::chown(data, Some(user), Some(group)).expect("root may give a folder away");
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
    command
}

fn id_of(args: &[&str]) -> Option<u32> {
    let said = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().parse().ok()
}
