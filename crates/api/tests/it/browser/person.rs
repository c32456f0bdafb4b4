//! Somebody before a browser.

use std::time::Duration;

use jobbergate_testkit::browser::{
    Browser,
    thirtyfour::{By, Key, WebElement},
};
use serde_json::Value;

use super::{ACCOUNT, LOG_IN};
use crate::{identity::story::PASSWORD, support::TestApp};

/// A window, and one on a phone, in CSS pixels.
pub const WIDE: (u32, u32) = (1024, 768);
pub const NARROW: (u32, u32) = (320, 640);

pub struct Person {
    pub browser: Browser,
    server: String,
}

impl Person {
    /// Somebody with a browser of their own; none where there is no browser.
    #[track_caller]
    pub fn before(app: &TestApp) -> impl Future<Output = Option<Self>> {
        let server = format!("http://{}", app.address);
        let browser = Browser::start();
        async move {
            let browser = browser.await.unwrap()?;
            let person = Self { browser, server };
            person.resize(WIDE).await;
            Some(person)
        }
    }

    pub async fn resize(&self, (width, height): (u32, u32)) {
        self.browser.set_size(width, height).await.unwrap();
    }

    /// Opens what is at a path of the server, or at an address that the server made.
    pub async fn open(&self, path: &str) {
        let url = match path.starts_with('/') {
            true => format!("{}{path}", self.server),
            false => path.replace("http://127.0.0.1:0", &self.server),
        };
        self.browser.goto(url).await.unwrap();
    }

    /// Logs in, and goes to the account.
    pub async fn logs_in(&self, email: &str) {
        self.open(LOG_IN).await;
        self.tries(email, PASSWORD).await;
        self.reads("Log out").await;
        self.open(ACCOUNT).await;
        self.sees("Your account").await;
    }

    /// Logs out, and waits until it is done: a page opened before would still find the session.
    pub async fn logs_out(&self) {
        self.click(By::Css("header button")).await;
        self.sees("You are logged out").await;
    }

    /// Fills in the page to log in on, and sends it.
    pub async fn tries(&self, email: &str, password: &str) {
        self.fill("email", email).await;
        self.fill("password", password).await;
        self.press("Log in").await;
    }

    pub async fn find(&self, css: &str) -> WebElement {
        let found = self.browser.find(By::Css(css)).await;
        found.unwrap_or_else(|error| panic!("no {css}: {error}"))
    }

    /// Replaces what is in a field.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.find(&format!("#{id}")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses the first button, or follows the first link, that says this.
    pub async fn press(&self, words: &str) {
        let path = format!("(//main//*[self::button or self::a][normalize-space()='{words}'])[1]");
        self.click(By::XPath(path)).await;
    }

    pub async fn click(&self, what: By) {
        self.browser.find(what).await.unwrap().click().await.unwrap();
    }

    /// Waits until the page has this heading.
    #[track_caller]
    pub fn sees<'a>(&'a self, heading: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let mut seen = String::new();
            for _ in 0..100 {
                if let Ok(found) = self.browser.find(By::Tag("h1")).await {
                    seen = found.text().await.unwrap_or_default();
                }
                if seen == heading {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{caller}: {seen} instead of {heading}: {}", self.text().await);
        }
    }

    /// Waits until the page has these words.
    #[track_caller]
    pub fn reads<'a>(&'a self, words: &'a str) -> impl Future<Output = ()> + 'a {
        self.waits_for("body", words)
    }

    /// Waits until the page says that something was not done, and why.
    #[track_caller]
    pub fn is_told<'a>(&'a self, words: &'a str) -> impl Future<Output = ()> + 'a {
        self.waits_for(".problem, [role=alert]", words)
    }

    /// Waits until the page has these words no longer.
    #[track_caller]
    pub fn gone<'a>(&'a self, words: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            for _ in 0..100 {
                if !self.text().await.contains(words) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{caller}: {words:?} is still there");
        }
    }

    #[track_caller]
    fn waits_for<'a>(&'a self, css: &'static str, words: &'a str) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let mut seen = String::new();
            for _ in 0..100 {
                if let Ok(found) = self.browser.find(By::Css(css)).await {
                    seen = found.text().await.unwrap_or_default();
                }
                if seen.contains(words) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{caller}: {words:?} is not in {seen:?}");
        }
    }

    /// What the page says.
    pub async fn text(&self) -> String {
        self.find("body").await.text().await.unwrap()
    }

    /// Why the page says that something was not done.
    pub async fn problem(&self) -> String {
        self.find(".problem, [role=alert]").await.text().await.unwrap()
    }

    pub async fn path(&self) -> String {
        self.browser.current_url().await.unwrap().path().to_owned()
    }

    pub async fn is_logged_in(&self) -> bool {
        self.open(ACCOUNT).await;
        self.text().await.contains("Log out")
    }

    pub async fn keys(&self, text: &str) {
        self.browser.action_chain().send_keys(text).perform().await.unwrap();
    }

    /// Goes on to a field or button with the tabulator key alone, and sees where they are.
    pub async fn tab_to(&self, wanted: &str) {
        let mut met = Vec::new();
        for _ in 0..60 {
            let at = self.browser.active_element().await.unwrap();
            let name = name(&at).await;
            if name == wanted {
                return;
            }
            met.push(name);
            let tab = String::from(char::from(Key::Tab));
            self.keys(&tab).await;
            let at = self.browser.active_element().await.unwrap();
            if at.tag_name().await.unwrap() != "body" {
                let ring = at.css_value("outline-style").await.unwrap();
                assert_ne!(ring, "none", "nobody sees that {:?} has the focus", met.last());
            }
        }
        panic!("the keyboard does not lead to {wanted}, but to {met:?}");
    }

    /// Types into a field or presses a button, by keyboard.
    pub async fn enter(&self, wanted: &str, text: &str) {
        self.tab_to(wanted).await;
        self.keys(text).await;
    }

    pub async fn press_enter(&self, wanted: &str) {
        self.enter(wanted, &String::from(char::from(Key::Enter))).await;
    }

    /// Whether the page is for everybody: in light and dark, and without scrolling sideways on the
    /// smallest phone.
    pub async fn finds_it_accessible(&self, what: &str) {
        for dark in [false, true] {
            self.browser.set_dark(dark).await.unwrap();
            let problems = self.browser.accessibility_problems().await.unwrap();
            assert!(problems.is_empty(), "{what}, dark {dark}: {problems:#?}");
        }
        self.browser.set_dark(false).await.unwrap();
        self.resize(NARROW).await;
        self.needs_no_scrolling_sideways(what).await;
        self.resize(WIDE).await;
    }

    pub async fn needs_no_scrolling_sideways(&self, what: &str) {
        let script = "return document.documentElement.scrollWidth - window.innerWidth";
        let more = self.browser.execute(script, Vec::<Value>::new()).await.unwrap();
        let more: i64 = more.convert().unwrap();
        assert!(more <= 0, "{what} is {more} pixels too wide");
    }
}

/// What an element is called: its id, or the words on it.
async fn name(element: &WebElement) -> String {
    if let Some(id) = element.id().await.unwrap().filter(|id| !id.is_empty()) {
        return id;
    }
    if let Some(label) = element.attr("aria-label").await.unwrap() {
        return label;
    }
    let text = element.text().await.unwrap();
    if !text.is_empty() {
        return text;
    }
    element.attr("name").await.unwrap().unwrap_or_default()
}
