//! A real browser, told what to do by the `WebDriver` protocol (<https://www.w3.org/TR/webdriver2/>).

use std::env;
use std::process::Stdio;

use reqwest::Client;
use serde_json::{Value, json};
use testkit::wait_until;
use tokio::process::{Child, Command};

/// As the protocol names what it found.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless Chromium. It ends with [`Browser::close`], and at the latest with its driver when dropped.
pub(crate) struct Browser {
    client: Client,
    /// Where its session is.
    session: String,
    _driver: Child,
}

impl Browser {
    /// Starts one. `None`, with a message, where there is no Chromium with its driver; with `BROWSER_REQUIRED=1` that is a failure.
    pub(crate) async fn start() -> Option<Self> {
        let port = embedded::free_port().unwrap();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let driver = match driver {
            Ok(driver) => driver,
            Err(error) if env::var_os("BROWSER_REQUIRED").is_some() => panic!("chromedriver: {error}"),
            Err(error) => {
                eprintln!(
                    "skipped: chromedriver, of Debian's package chromium-driver, can't be started: {error}"
                );
                return None;
            }
        };
        let client = Client::builder().no_proxy().build().unwrap();
        let root = format!("http://127.0.0.1:{port}");
        wait_until("the driver is ready", async || {
            let status: Value = client.get(format!("{root}/status")).send().await.ok()?.json().await.ok()?;
            (status["value"]["ready"] == true).then_some(())
        })
        .await;
        let options =
            json!({"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"]});
        let asked = json!({"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}});
        let answer = client.post(format!("{root}/session")).json(&asked).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}"));
        Some(Self { session: format!("{root}/session/{id}"), client, _driver: driver })
    }

    pub(crate) async fn open(&self, url: &str) {
        self.order("url", &json!({ "url": url })).await;
    }

    /// Clicks what a selector finds, as soon as it is there.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.order(&format!("element/{element}/click"), &json!({})).await;
    }

    /// Clicks what a selector finds now, if anything.
    pub(crate) async fn click_if_there(&self, css: &str) {
        self.run(&format!("document.querySelector({css:?})?.click()")).await;
    }

    /// What a function of JavaScript returns.
    async fn run(&self, body: &str) -> Value {
        self.order("execute/sync", &json!({ "script": body, "args": [] })).await
    }

    /// Waits until what a selector finds says something.
    pub(crate) async fn wait_for_text(&self, css: &str, expected: &str) {
        wait_until(expected, async || self.says(css, expected).await.then_some(())).await;
    }

    /// Whether what a selector finds says something.
    pub(crate) async fn says(&self, css: &str, expected: &str) -> bool {
        let script = format!("return document.querySelector({css:?})?.innerText ?? ''");
        self.run(&script).await.as_str().is_some_and(|text| text.contains(expected))
    }

    pub(crate) async fn close(self) {
        self.client.delete(&self.session).send().await.unwrap();
    }

    async fn find(&self, css: &str) -> String {
        wait_until(css, async || {
            let asked = json!({"using": "css selector", "value": css});
            let answer = self.client.post(format!("{}/element", self.session)).json(&asked).send().await;
            let answer: Value = answer.unwrap().json().await.unwrap();
            answer["value"][ELEMENT].as_str().map(str::to_owned)
        })
        .await
    }

    async fn order(&self, what: &str, asked: &Value) -> Value {
        let answer = self.client.post(format!("{}/{what}", self.session)).json(asked).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{what}: {answer}");
        answer["value"].clone()
    }
}
