//! The leash itself, on programs smaller than a server.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use embedded::{Guarded, GuardedOptions, Signal};

use crate::wait;

fn shell(script: &str, folder: &Path) -> GuardedOptions {
    GuardedOptions {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("GREETING".into(), "hello".into())],
        account: None,
        current_dir: folder.to_path_buf(),
        log: File::create(folder.join("log")).unwrap(),
        stop_signal: Signal::Terminate,
        remove_on_stop: Some(folder.join("data")),
    }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

#[tokio::test]
async fn stop_sends_the_signal_waits_and_removes_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let script = "trap 'echo asked; exit 3' TERM; echo $GREETING; while :; do sleep 0.05; done";
    let guarded = Guarded::spawn(shell(script, folder.path())).unwrap();
    wait::until("the program greets", async || log(folder.path()) == "hello\n").await;

    let status = guarded.stop().await.unwrap();

    assert_eq!(status.code(), Some(3));
    assert_eq!(log(folder.path()), "hello\nasked\n");
    assert!(!folder.path().join("data").exists());
}

#[tokio::test]
async fn dropping_it_ends_the_program_too() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap 'echo asked; exit' TERM; echo $GREETING; while :; do sleep 0.05; done";
    let guarded = Guarded::spawn(shell(script, folder.path())).unwrap();
    wait::until("the program greets", async || log(folder.path()) == "hello\n").await;
    drop(guarded);
    wait::until("the program is asked to end", async || log(folder.path()) == "hello\nasked\n").await;
}

#[tokio::test]
async fn a_program_that_ends_by_itself_is_noticed_and_its_folder_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let mut guarded = Guarded::spawn(shell("exit 5", folder.path())).unwrap();

    let status = guarded.exited().await.unwrap();

    assert_eq!(status.code(), Some(5));
    assert!(folder.path().join("data").exists());
}

#[tokio::test]
async fn a_program_that_is_not_there_says_so_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let options = GuardedOptions { program: "/no/such/program".into(), ..shell("", folder.path()) };
    let status = Guarded::spawn(options).unwrap().exited().await.unwrap();
    assert_eq!(status.code(), Some(127));
    assert!(log(folder.path()).contains("/no/such/program"));
}

#[tokio::test]
async fn a_signal_on_the_way_leaves_the_leash_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let script = "while :; do echo beat; sleep 0.02; done";
    let mut guarded = Guarded::spawn(shell(script, folder.path())).unwrap();
    wait::until("it beats", async || log(folder.path()).len() > 20).await;

    guarded.signal(Signal::Pause).await.unwrap();
    wait::until("it stands still", async || {
        let before = log(folder.path());
        tokio::time::sleep(Duration::from_millis(200)).await;
        log(folder.path()) == before
    })
    .await;
    guarded.signal(Signal::Resume).await.unwrap();
    let paused_at = log(folder.path()).len();
    wait::until("it beats again", async || log(folder.path()).len() > paused_at).await;

    guarded.signal(Signal::Kill).await.unwrap();
    guarded.exited().await.unwrap();
    assert_eq!(guarded.try_exited().unwrap().and_then(|status| status.code()), Some(128 + 9));
}
