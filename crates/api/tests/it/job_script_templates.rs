mod clone;
mod create;
mod delete;
mod files;
mod get;
mod list;
mod update;
mod workflow;
