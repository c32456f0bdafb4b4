//! The pages with which people work, in a browser without JavaScript.

mod administration;
mod applications;
mod clusters;
mod editor;
mod external;
mod forms;
mod guards;
mod home;
mod run;
mod scripts;
mod sign_in;
pub mod submission;
mod submissions;
mod weight;
