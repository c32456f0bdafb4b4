//! The pages in a real browser, as people see them.

mod accessibility;
pub mod administration;
pub mod applications;
pub mod editor;
mod keyboard;
mod person;
mod run;
mod screenshots;
mod stories;
mod submission;

use person::Person;

const NEW: &str = "a different horse, a different staple";
const LOG_IN: &str = "/realms/jobbergate/login";
const ACCOUNT: &str = "/realms/jobbergate/account";
const DEVICE: &str = "/realms/jobbergate/device";
