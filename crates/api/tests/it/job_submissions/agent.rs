mod active;
mod changes;
mod outlook;
mod pending;
mod rejected;
mod submitted;
mod update;
