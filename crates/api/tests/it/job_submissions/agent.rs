mod active;
mod changes;
mod pending;
mod rejected;
mod submitted;
mod update;
