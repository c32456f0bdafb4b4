mod active;
mod changes;
mod claims;
mod outlook;
mod pending;
mod rejected;
mod submitted;
mod update;
