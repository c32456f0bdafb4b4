//! The pages with which people work, in a browser without JavaScript.

mod administration;
mod applications;
mod editor;
mod external;
mod home;
mod run;
mod scripts;
mod sign_in;
mod submission;
mod submissions;
